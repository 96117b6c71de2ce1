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

  /** Writes the nearest 16-bit float, ties to even, as little-endian bytes. */
  static void put(float x, byte[] out, int at) {
    int bits = bits(x);
    out[at] = (byte) bits;
    out[at + 1] = (byte) (bits >>> 8);
  }

  /** What is left of a value that was stored in 16 bits. */
  static float rounded(float x) {
    return toFloat(bits(x));
  }

  /** The nearest 16-bit float, ties to even; infinite from 65520 on. */
  static int bits(float x) {
    int bits = Float.floatToRawIntBits(x);
    int sign = bits >>> 16 & 0x8000;
    int size = bits & 0x7FFFFFFF;
    if (size > 0x7F800000) {
      return sign | 0x7E00;
    }
    if (size >= 0x477FF000) {
      return sign | 0x7C00;
    }
    if (size < 0x38800000) { // below 2^-14: the last bit of 0.5 is 2^-24
      return sign | Float.floatToRawIntBits(Float.intBitsToFloat(size) + 0.5f) - 0x3F000000;
    }
    return sign | (size + 0xFFF + (size >>> 13 & 1) >>> 13) - (112 << 10);
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
