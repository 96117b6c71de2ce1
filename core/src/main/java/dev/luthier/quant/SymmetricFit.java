package dev.luthier.quant;

import java.util.Arrays;

/**
 * Scales without a minimum: {@code x = d q}, q from -n to n - 1, by weighted least squares. For
 * given codes the best scale is {@code d = sum(w x q) / sum(w q q)}, and the error falls with
 * {@code sum(w x q)^2 / sum(w q q)}. Sums are float32 in the order of the values, as ggml's.
 */
final class SymmetricFit {
  /** Values that are all smaller count as zeros. */
  static final float SMALLEST = 1e-15f;

  private SymmetricFit() {}

  /** The value of the largest size; the first of several. */
  static float extreme(float[] x, int from, int count) {
    float size = 0;
    float extreme = 0;
    for (int i = from; i < from + count; i++) {
      float a = Math.abs(x[i]);
      if (a > size) {
        size = a;
        extreme = x[i];
      }
    }
    return extreme;
  }

  /**
   * Tries 19 scales about the one that puts the largest value at -n.
   *
   * @param n half the number of codes
   * @param w weights, from index 0
   * @param codes where q + n go, from {@code to}
   * @return d
   */
  static float search(int count, int n, float[] x, int from, float[] w, byte[] codes, int to) {
    float extreme = extreme(x, from, count);
    if (Math.abs(extreme) < SMALLEST) {
      Arrays.fill(codes, to, to + count, (byte) 0);
      return 0;
    }
    float inverse = -n / extreme;
    float chosen = inverse;
    float scale = 0;
    float best = 0;
    for (int step = 0; step <= 18; step++) {
      int offset = step == 0 ? 0 : step <= 9 ? step - 10 : step - 9;
      inverse = offset == 0 ? -n / extreme : -(n + 0.1f * offset) / extreme;
      float wxq = 0;
      float wqq = 0;
      for (int i = 0; i < count; i++) {
        float value = x[from + i];
        float q = CodeRounding.nearest(inverse * value, -n, n - 1);
        wxq += w[i] * value * q;
        wqq += w[i] * q * q;
      }
      if (step == 0) {
        scale = wqq != 0 ? wxq / wqq : 0;
        best = scale * wxq;
      } else if (wqq > 0 && wxq * wxq > best * wqq) {
        chosen = inverse;
        scale = wxq / wqq;
        best = scale * wxq;
      }
    }
    for (int i = 0; i < count; i++) {
      codes[to + i] = (byte) (n + CodeRounding.nearest(chosen * x[from + i], -n, n - 1));
    }
    return scale;
  }

  /**
   * Begins with the scale that puts the largest value at -n, and moves one code at a time, at most
   * five rounds; weights are the squares of the values.
   *
   * @param codes where q + n go, from {@code to}
   * @return d
   */
  static float descend(int count, int n, float[] x, int from, byte[] codes, int to) {
    float extreme = extreme(x, from, count);
    if (Math.abs(extreme) < SMALLEST) {
      Arrays.fill(codes, to, to + count, (byte) 0);
      return 0;
    }
    float inverse = -n / extreme;
    float wxq = 0;
    float wqq = 0;
    for (int i = 0; i < count; i++) {
      float value = x[from + i];
      int q = CodeRounding.nearest(inverse * value, -n, n - 1);
      codes[to + i] = (byte) q;
      float w = value * value;
      wxq += w * value * q;
      wqq += w * q * q;
    }
    boolean changed = true;
    for (int round = 0; round < 5 && changed; round++) {
      changed = false;
      for (int i = 0; i < count; i++) {
        float value = x[from + i];
        float w = value * value;
        int old = codes[to + i];
        float restX = wxq - w * value * old;
        if (restX > 0) {
          float restQ = wqq - w * old * old;
          int q = CodeRounding.nearest(value * restQ / restX, -n, n - 1);
          if (q != old) {
            restX += w * value * q;
            restQ += w * q * q;
            if (restQ > 0 && restX * restX * wqq > wxq * wxq * restQ) {
              codes[to + i] = (byte) q;
              wxq = restX;
              wqq = restQ;
              changed = true;
            }
          }
        }
      }
    }
    for (int i = 0; i < count; i++) {
      codes[to + i] += (byte) n;
    }
    return wqq > 0 ? wxq / wqq : 0;
  }
}
