package dev.luthier.tokenizer.jinja;

import java.util.List;

/**
 * What a template produced.
 *
 * @param text the text
 * @param generationSpans the ranges of {@code text} that {@code {% generation %}} blocks produced,
 *     in the order in which the blocks ended; a block inside another one stands before it
 */
public record Rendered(String text, List<Span> generationSpans) {

  /** Copies the list. */
  public Rendered {
    generationSpans = List.copyOf(generationSpans);
  }

  /**
   * A half-open range of UTF-16 positions.
   *
   * @param start first char
   * @param end one past the last char
   */
  public record Span(int start, int end) {
    Span shifted(int by) {
      return new Span(start + by, end + by);
    }
  }
}
