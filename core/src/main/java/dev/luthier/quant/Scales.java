package dev.luthier.quant;

/** The scale of a block of values: its largest magnitude. */
final class Scales {
  /** Below this a block is divided by this instead; 1 over a zero would be infinite. */
  static final float SMALLEST = 1e-38f;

  private Scales() {}

  /** The largest magnitude from start to end; infinite or NaN if one value is. */
  static float absmax(float[] x, int start, int end) {
    // As integers, magnitudes have the order of the floats, with infinity and NaN above them.
    int max = 0;
    for (int i = start; i < end; i++) {
      max = Math.max(max, Float.floatToRawIntBits(x[i]) & Integer.MAX_VALUE);
    }
    return Float.intBitsToFloat(max);
  }

  /** What a block is multiplied with; multiplying rounds otherwise than dividing does. */
  static float inverse(float absmax) {
    return 1 / Math.max(absmax, SMALLEST);
  }
}
