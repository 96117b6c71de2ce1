package dev.luthier.generate;

/**
 * What may be written next, such as a JSON document of a given schema. It has the state of one
 * text; not for several threads.
 */
public interface TokenConstraint {
  /**
   * Excludes what cannot follow. Tokens that end a text are left in only where it may end.
   *
   * @param scores (V) logits, changed in place; minus infinity excludes a token
   */
  void restrict(float[] scores);

  /** Goes on to the text with this token, which {@link #restrict} left in. */
  void accept(int id);
}
