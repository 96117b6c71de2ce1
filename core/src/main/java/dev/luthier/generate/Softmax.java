package dev.luthier.generate;

import dev.luthier.LuthierException;

/**
 * Probabilities of scores, in double precision and the same on every machine: exponentials are a
 * polynomial, of additions and products alone, since a vocabulary of them for each token of many
 * texts is as dear as a small model.
 */
public final class Softmax {
  /** Below e^-700 nothing reaches a sum, in which the largest is 1. */
  private static final double LEAST = -700;

  private static final double LOG2_E = 1.4426950408889634;

  /** ln 2 in two parts, the first with zeros at its end, so that its multiples are exact. */
  private static final double LN2_HIGH = 0x1.62e42fee00000p-1;

  private static final double LN2_LOW = 0x1.a39ef35793c76p-33;

  /** Added and taken away again, it rounds to a whole number. */
  private static final double ROUND = 0x1.8p52;

  private static final int EXPONENT_BIAS = 1023;
  private static final int MANTISSA_BITS = 52;

  private Softmax() {}

  /** exp(score - max) / sum; 0 for excluded tokens. */
  static double[] of(float[] scores) {
    double[] out = new double[scores.length];
    double sum = exponentials(scores, max(scores), out);
    for (int i = 0; i < out.length; i++) {
      out[i] /= sum;
    }
    for (int i = 0; i < out.length; i++) {
      if (scores[i] == Float.NEGATIVE_INFINITY) {
        out[i] = 0;
      }
    }
    return out;
  }

  /** The logarithm of the sum of the scores' exponentials. */
  public static double logSum(float[] scores) {
    double max = max(scores);
    return max + Math.log(exponentials(scores, max, new double[scores.length]));
  }

  /**
   * Writes exp(score - max), and returns their sum. In loops of their own, and without a branch in
   * the long one, which makes them twice as fast.
   */
  private static double exponentials(float[] scores, double max, double[] out) {
    for (int i = 0; i < out.length; i++) {
      double x = scores[i] - max;
      out[i] = x < LEAST ? LEAST : x;
    }
    for (int i = 0; i < out.length; i++) {
      out[i] = exp(out[i]);
    }
    double sum = 0;
    for (double e : out) {
      sum += e;
    }
    return sum;
  }

  /**
   * e^x for x from -700 to 0, within four units of the last place: {@code 2^k e^r}, |r| at most
   * half of ln 2, and of e^r the Taylor series up to r^13 / 13!.
   */
  static double exp(double x) {
    double shifted = x * LOG2_E + ROUND;
    double k = shifted - ROUND;
    double r = x - k * LN2_HIGH - k * LN2_LOW;
    double r2 = r * r;
    double r4 = r2 * r2;
    // In pairs, so that one product need not wait for another.
    double low = 1 + r + (0.5 + r * (1.0 / 6)) * r2;
    double middle = 1.0 / 24 + r * (1.0 / 120) + (1.0 / 720 + r * (1.0 / 5040)) * r2;
    double high = 1.0 / 40320 + r * (1.0 / 362880) + (1.0 / 3628800 + r * (1.0 / 39916800)) * r2;
    double highest = 1.0 / 479001600 + r * (1.0 / 6227020800.0);
    double e = low + (middle + (high + highest * r4) * r4) * r4;
    return e
        * Double.longBitsToDouble(
            (Double.doubleToRawLongBits(shifted) + EXPONENT_BIAS) << MANTISSA_BITS);
  }

  /** The largest score. */
  static float max(float[] scores) {
    return scores[best(scores)];
  }

  /**
   * The index of the largest score; the first of equals.
   *
   * @throws LuthierException when a score is not a number, or no token is left
   */
  static int best(float[] scores) {
    int best = 0;
    for (int i = 0; i < scores.length; i++) {
      if (Float.isNaN(scores[i])) {
        throw new LuthierException(
            "the model's score for token "
                + i
                + " is not a number: its weights are damaged, or they overflow this dtype; try"
                + " --dtype float32");
      }
      if (scores[i] > scores[best]) {
        best = i;
      }
    }
    if (scores[best] == Float.NEGATIVE_INFINITY) {
      throw new LuthierException(
          "every token is excluded: suppress fewer tokens or bad words, or choose a larger n for"
              + " repeated n-grams");
    }
    return best;
  }
}
