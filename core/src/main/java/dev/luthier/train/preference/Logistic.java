package dev.luthier.train.preference;

/** The logistic function, exact far from 0. */
final class Logistic {
  private Logistic() {}

  /** {@code 1 / (1 + e^-x)}. */
  static double of(double x) {
    return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
  }

  /** Its logarithm. */
  static double log(double x) {
    return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
  }
}
