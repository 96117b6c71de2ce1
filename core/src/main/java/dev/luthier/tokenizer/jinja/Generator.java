package dev.luthier.tokenizer.jinja;

import java.util.Iterator;

/** A Python iterator: it can be walked through once. */
final class Generator implements Iterator<Object> {
  private final Iterator<Object> elements;
  private final String type;

  Generator(Iterator<Object> elements, String type) {
    this.elements = elements;
    this.type = type;
  }

  static Generator of(Iterator<Object> elements) {
    return new Generator(elements, "generator");
  }

  String type() {
    return type;
  }

  @Override
  public boolean hasNext() {
    return elements.hasNext();
  }

  @Override
  public Object next() {
    return elements.next();
  }
}
