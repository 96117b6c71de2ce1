package dev.luthier.quant;

/** Floats to codes, rounded as ggml does it: its bytes depend on ties and on what overflows. */
final class CodeRounding {
  /**
   * 1.5 * 2^23: added to a float32 of small size, it leaves the nearest integer in the mantissa.
   */
  static final float MAGIC = 12582912f;

  private CodeRounding() {}

  /** The nearest integer, ties to even; without meaning from 2^22 on. */
  static int nearest(float x) {
    return (Float.floatToRawIntBits(x + MAGIC) & 0x7FFFFF) - 0x400000;
  }

  /** The nearest integer within bounds. */
  static int nearest(float x, int least, int most) {
    return Math.max(least, Math.min(most, nearest(x)));
  }

  /**
   * The nearest integer, ties away from zero, as a byte. What no integer holds becomes zero, as
   * with x86's conversion; it occurs where a scale is so small that its inverse is infinite.
   */
  static byte awayFromZero(float x) {
    int whole = (int) x;
    if (whole == Integer.MAX_VALUE || whole == Integer.MIN_VALUE) {
      return 0;
    }
    float rest = x - whole;
    return (byte) (whole + (rest >= 0.5f ? 1 : rest <= -0.5f ? -1 : 0));
  }

  /** The integer part up to a bound; what no integer holds becomes zero. */
  static int truncated(float x, int most) {
    int whole = (int) x;
    return whole == Integer.MAX_VALUE ? 0 : Math.min(most, (byte) whole);
  }
}
