package dev.luthier.eval.labels;

/** Scores to probabilities. */
final class Probabilities {
  private Probabilities() {}

  /** Of labels of which one is right. */
  static double[] softmax(float[] scores) {
    float largest = scores[LabelEvaluation.largest(scores)];
    double[] out = new double[scores.length];
    double sum = 0;
    for (int i = 0; i < out.length; i++) {
      out[i] = Math.exp(scores[i] - (double) largest);
      sum += out[i];
    }
    for (int i = 0; i < out.length; i++) {
      out[i] /= sum;
    }
    return out;
  }

  /** Of a label that may go with others. */
  static double logistic(float score) {
    return 1 / (1 + Math.exp(-(double) score));
  }
}
