package dev.luthier.quant;

import java.util.Arrays;

/**
 * A scale of scales: {@code x = d q}, x not below zero, q from 0 to n, by weighted least squares.
 */
final class ScaleFit {
  private ScaleFit() {}

  /**
   * Chooses among nine scales, and then moves one code at a time, at most five rounds.
   *
   * @param x values, all of them
   * @param codes where q go
   * @return d
   */
  static float search(int n, float[] x, float[] w, int[] codes) {
    float max = 0;
    for (float value : x) {
      max = max > value ? max : value;
    }
    if (max < SymmetricFit.SMALLEST) {
      Arrays.fill(codes, 0);
      return 0;
    }
    float inverse = bestInverse(n, max, x, w);
    float wxq = 0;
    float wqq = 0;
    for (int i = 0; i < x.length; i++) {
      int q = Math.min(n, CodeRounding.nearest(inverse * x[i]));
      codes[i] = q & 0xFF;
      wxq += w[i] * x[i] * q;
      wqq += w[i] * q * q;
    }
    boolean changed = true;
    for (int round = 0; round < 5 && changed; round++) {
      changed = false;
      for (int i = 0; i < x.length; i++) {
        float restX = wxq - w[i] * x[i] * codes[i];
        float restQ = wqq - w[i] * codes[i] * codes[i];
        if (restX > 0 && restQ > 0) {
          int q = Math.min(n, CodeRounding.nearest(x[i] * restQ / restX));
          if (q != codes[i]) {
            restX += w[i] * x[i] * q;
            restQ += w[i] * q * q;
            if (restX * restX * wqq > wxq * wxq * restQ) {
              codes[i] = q & 0xFF;
              wxq = restX;
              wqq = restQ;
              changed = true;
            }
          }
        }
      }
    }
    return wqq > 0 ? wxq / wqq : 0;
  }

  private static float bestInverse(int n, float max, float[] x, float[] w) {
    float inverse = n / max;
    float best = error(n, inverse, x, w);
    for (int step = -4; step <= 4; step++) {
      float other = (0.1f * step + n) / max;
      float error = step == 0 ? best : error(n, other, x, w);
      if (error < best) {
        best = error;
        inverse = other;
      }
    }
    return inverse;
  }

  private static float error(int n, float inverse, float[] x, float[] w) {
    float scale = 1 / inverse;
    float sum = 0;
    for (int i = 0; i < x.length; i++) {
      float off = x[i] - scale * Math.min(n, CodeRounding.nearest(inverse * x[i]));
      sum += w[i] * off * off;
    }
    return sum;
  }
}
