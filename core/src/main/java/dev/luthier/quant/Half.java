package dev.luthier.quant;

/** IEEE 16-bit floats, which Java 17 has no conversion for. */
final class Half {
  /** 2^-24, the smallest above zero. */
  private static final float SMALLEST = 0x1p-24f;

  private Half() {}

  /** Little-endian bytes at a place to float32, exactly. */
  static float at(byte[] in, int at) {
    return toFloat(in[at] & 0xFF | in[at + 1] << 8);
  }

  /** The lower 16 bits to float32, exactly. */
  static float toFloat(int bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = bits >>> 10 & 0x1F;
    int mantissa = bits & 0x3FF;
    if (exponent == 0) {
      float value = mantissa * SMALLEST;
      return sign == 0 ? value : -value;
    }
    int wide = exponent == 0x1F ? 0xFF : exponent - 15 + 127;
    return Float.intBitsToFloat(sign | wide << 23 | mantissa << 13);
  }
}
