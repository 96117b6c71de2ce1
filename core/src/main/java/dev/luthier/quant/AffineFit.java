package dev.luthier.quant;

import java.util.Arrays;

/**
 * A scale and a minimum: {@code x = d q + m}, q from 0 to n, m not above zero, by weighted least
 * squares over a range of scales. Sums are float32 in the order of the values, as ggml's.
 */
final class AffineFit {
  /**
   * Scales to try.
   *
   * @param first added to n for the first inverse scale
   * @param step added for each further one
   * @param steps how many further ones
   * @param absolute whether the error is the absolute difference, not its square
   */
  record Range(float first, float step, int steps, boolean absolute) {}

  private final float[] tried = new float[32];
  private final float[] errors = new float[32];
  private float scale;
  private float minimum;

  /** d of the last fit. */
  float scale() {
    return scale;
  }

  /** m of the last fit. */
  float minimum() {
    return minimum;
  }

  /**
   * Fits up to 32 values.
   *
   * @param n the largest code
   * @param w weights, from index 0
   * @param codes where q go, from {@code to}
   */
  void fit(int count, int n, float[] x, int from, float[] w, Range range, byte[] codes, int to) {
    float min = x[from];
    float max = x[from];
    float sumW = w[0];
    float sumX = sumW * x[from];
    for (int i = 1; i < count; i++) {
      float value = x[from + i];
      min = value < min ? value : min;
      max = value > max ? value : max;
      sumW += w[i];
      sumX += w[i] * value;
    }
    minimum = min > 0 ? 0 : min;
    scale = 0;
    if (max <= minimum) {
      Arrays.fill(codes, to, to + count, (byte) 0);
      return;
    }
    float inverse = n / (max - minimum);
    scale = 1 / inverse;
    quantize(count, n, x, from, inverse, minimum);
    store(count, codes, to);
    float best = error(count, x, from, w, scale, minimum, range.absolute);
    for (int step = 0; step <= range.steps; step++) {
      // The best minimum so far, not the smallest value: ggml's order of things
      inverse = (range.first + range.step * step + n) / (max - minimum);
      quantize(count, n, x, from, inverse, minimum);
      float sumQ = 0;
      float sumQq = 0;
      float sumXq = 0;
      for (int i = 0; i < count; i++) {
        float q = tried[i];
        float wq = w[i] * q;
        sumQ += wq;
        sumQq += wq * q;
        sumXq += wq * x[from + i];
      }
      float determinant = sumW * sumQq - sumQ * sumQ;
      if (determinant > 0) {
        float d = (sumW * sumXq - sumX * sumQ) / determinant;
        float m = (sumQq * sumX - sumQ * sumXq) / determinant;
        if (m > 0) {
          m = 0;
          d = sumXq / sumQq;
        }
        float error = error(count, x, from, w, d, m, range.absolute);
        if (error < best) {
          store(count, codes, to);
          best = error;
          scale = d;
          minimum = m;
        }
      }
    }
  }

  /** Codes as floats, which a compiler makes vector instructions of. */
  private void quantize(int count, int n, float[] x, int from, float inverse, float min) {
    if (Float.isInfinite(inverse)) { // values below 1e-37: what ggml's integers make of it
      for (int i = 0; i < count; i++) {
        tried[i] = CodeRounding.nearest(inverse * (x[from + i] - min), 0, n);
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      float nearest = inverse * (x[from + i] - min) + CodeRounding.MAGIC - CodeRounding.MAGIC;
      tried[i] = Math.max(0f, Math.min(n, nearest));
    }
  }

  private void store(int count, byte[] codes, int to) {
    for (int i = 0; i < count; i++) {
      codes[to + i] = (byte) tried[i];
    }
  }

  private float error(
      int count, float[] x, int from, float[] w, float d, float m, boolean absolute) {
    for (int i = 0; i < count; i++) {
      float off = d * tried[i] + m - x[from + i];
      errors[i] = w[i] * (absolute ? Math.abs(off) : off * off);
    }
    float sum = 0;
    for (int i = 0; i < count; i++) {
      sum += errors[i];
    }
    return sum;
  }
}
