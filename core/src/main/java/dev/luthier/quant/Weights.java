package dev.luthier.quant;

/** What errors count, as ggml weighs them. */
final class Weights {
  private Weights() {}

  /** The sum of squares, in the order of the values. */
  static float squares(float[] x, int from, int count) {
    float sum = 0;
    for (int i = from; i < from + count; i++) {
      sum += x[i] * x[i];
    }
    return sum;
  }

  /** {@code importance sqrt(variance + x^2)}. */
  static void important(
      float[] x, int from, float variance, float[] importance, int at, float[] out) {
    for (int i = 0; i < out.length; i++) {
      float value = x[from + i];
      out[i] = importance[at + i] * (float) Math.sqrt(variance + value * value);
    }
  }

  /** {@code x^2}. */
  static void squared(float[] x, int from, float[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = x[from + i] * x[from + i];
    }
  }

  /** Their sum, in their order. */
  static float sum(float[] weights) {
    float sum = 0;
    for (float w : weights) {
      sum += w;
    }
    return sum;
  }
}
