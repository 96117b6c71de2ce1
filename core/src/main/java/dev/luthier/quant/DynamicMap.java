package dev.luthier.quant;

import java.util.Arrays;

/**
 * The 8-bit dynamic data type (Dettmers 2016, "8-Bit Approximations for Parallelism in Deep
 * Learning", section 3; Dettmers et al. 2022, "8-bit Optimizers via Block-wise Quantization"): 256
 * values in [-1, 1] or [0, 1] whose steps grow by the decade, as bitsandbytes' {@code
 * create_dynamic_map} makes them. A code is an index into them.
 */
public final class DynamicMap {
  /** Values of a map. */
  public static final int SIZE = 256;

  private static final int DECADES = 7;
  private static final DynamicMap SIGNED = new DynamicMap(true);
  private static final DynamicMap UNSIGNED = new DynamicMap(false);

  private final float[] values;
  private final CodeSearch search;

  private DynamicMap(boolean signed) {
    values = create(signed);
    search = new CodeSearch(values);
  }

  /** 127 negative values, 0 and 128 positive ones: for a first moment, or scales. */
  public static DynamicMap signed() {
    return SIGNED;
  }

  /** 0 and 255 positive values: for Adam's second moment. */
  public static DynamicMap unsigned() {
    return UNSIGNED;
  }

  /** All values, rising; a copy. */
  public float[] values() {
    return values.clone();
  }

  /** Up to where each value but the last is the nearest, rising; a copy. */
  float[] midpoints() {
    return search.midpoints();
  }

  /** The value of a code from 0 to 255. */
  public float value(int code) {
    return values[code];
  }

  /** The code of the value nearest to x; of two equally near ones the lower. */
  public int code(float x) {
    return search.nearest(x);
  }

  /**
   * Decade i, from 10^(i-7) to 10^(i-6), is cut into 2^i equal parts (twice as many without a
   * sign), and the middle of each is a value.
   */
  private static float[] create(boolean signed) {
    float[] out = new float[SIZE];
    int n = 0;
    for (int i = 0; i < DECADES; i++) {
      int parts = signed ? 1 << i : 2 << i;
      float scale = (float) Math.pow(10, i - (DECADES - 1));
      for (int part = 0; part < parts; part++) {
        float middle = (boundary(part, parts) + boundary(part + 1, parts)) / 2;
        out[n++] = scale * middle;
        if (signed) {
          out[n++] = -scale * middle;
        }
      }
    }
    out[n++] = 0;
    out[n] = 1;
    Arrays.sort(out);
    return out;
  }

  /** {@code linspace(0.1, 1, parts + 1)}, counted from the nearer end as torch does. */
  private static float boundary(int i, int parts) {
    double start = 0.1f;
    double step = (1 - start) / parts;
    return (float) (i < (parts + 1) / 2 ? start + step * i : 1 - step * (parts - i));
  }
}
