package dev.luthier.tokenizer.jinja;

/** Python's {@code None}. */
final class None {
  static final None NONE = new None();

  private None() {}

  @Override
  public String toString() {
    return "None";
  }
}
