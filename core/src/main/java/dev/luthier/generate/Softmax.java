package dev.luthier.generate;

import dev.luthier.LuthierException;

/** Probabilities of scores, in double precision and the same on every machine. */
final class Softmax {
  private Softmax() {}

  /** exp(score - max) / sum; 0 for excluded tokens. */
  static double[] of(float[] scores) {
    double max = max(scores);
    double[] out = new double[scores.length];
    double sum = 0;
    for (int i = 0; i < out.length; i++) {
      // Below e^-700 nothing reaches the sum.
      out[i] = scores[i] - max < -700 ? 0 : StrictMath.exp(scores[i] - max);
      sum += out[i];
    }
    for (int i = 0; i < out.length; i++) {
      out[i] /= sum;
    }
    return out;
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
