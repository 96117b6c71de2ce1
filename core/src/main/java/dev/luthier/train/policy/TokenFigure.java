package dev.luthier.train.policy;

/** What a policy's loss is told of each token that the policy wrote, in this order. */
enum TokenFigure {
  /** Its log-probability in the training forward, by the weights that wrote it. */
  OLD,
  /** What the reference gives it; 0 without one. */
  REFERENCE,
  /** How much better it was than was to be expected. */
  ADVANTAGE,
  /** What the value head expected from it on; 0 without one. */
  VALUE,
  /** What it should have expected. */
  RETURN;

  /** Numbers of a token. */
  static final int COUNT = values().length;

  /** Of a token, in the numbers of all. */
  float of(float[] known, int token) {
    return known[token * COUNT + ordinal()];
  }
}
