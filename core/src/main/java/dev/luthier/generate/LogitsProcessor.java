package dev.luthier.generate;

/** Changes the scores of the next token before one is chosen. Without state: rows may share one. */
@FunctionalInterface
public interface LogitsProcessor {
  /**
   * @param scores (V) logits, changed in place; minus infinity excludes a token
   * @param history prompt and generated ids of this row
   */
  void apply(float[] scores, TokenHistory history);
}
