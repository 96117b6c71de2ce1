package dev.luthier.quant;

/**
 * Four-bit blocks as functions of arrays (Dettmers et al. 2023, "QLoRA", section 2): a block's
 * values times {@code 1 / absmax} become codes, two to a byte, the first in the upper half. All of
 * it is float32; results of other dtypes are rounded once, to nearest even.
 *
 * <p>The loops are written for the compiler: the arrays are of the heap, the 16 products of a block
 * stand in an array of a known length, so that no index is checked.
 */
final class FourBitCodec {
  private FourBitCodec() {}

  /**
   * Quantizes.
   *
   * @param x values from the start of a block on
   * @param n how many; an odd last one shares its byte with the code of zero
   * @param packed receives (n + 1) / 2 bytes
   * @param absmax receives the largest magnitude of each block; infinite or NaN if a value is
   */
  static void encode(
      FourBitType type, int blockSize, float[] x, int n, byte[] packed, float[] absmax) {
    for (int start = 0, block = 0; start < n; start += blockSize, block++) {
      int end = Math.min(start + blockSize, n);
      float max = Scales.absmax(x, start, end);
      float inverse = Scales.inverse(max);
      for (int i = start; i + 1 < end; i += 2) {
        int high = type.code(x[i] * inverse);
        packed[i / 2] = (byte) (high << 4 | type.code(x[i + 1] * inverse));
      }
      if ((end & 1) == 1) {
        packed[end / 2] = (byte) (type.code(x[end - 1] * inverse) << 4 | type.code(0));
      }
      absmax[block] = max;
    }
  }

  /**
   * Dequantizes to float32.
   *
   * @param packed codes from the start of a block on
   * @param absmax the magnitudes of these blocks
   * @param n how many values
   * @param out receives them, and one more if n is odd
   */
  static void decode(
      FourBitType type, int blockSize, byte[] packed, float[] absmax, int n, float[] out) {
    float[] products = new float[FourBitType.SIZE];
    for (int start = 0, block = 0; start < n; start += blockSize, block++) {
      for (int code = 0; code < FourBitType.SIZE; code++) {
        products[code] = type.value(code) * absmax[block];
      }
      int end = (Math.min(start + blockSize, n) + 1) / 2;
      for (int i = start / 2; i < end; i++) {
        int pair = packed[i] & 0xFF;
        out[2 * i] = products[pair >>> 4];
        out[2 * i + 1] = products[pair & 0xF];
      }
    }
  }

  /** As {@link #decode(FourBitType, int, byte[], float[], int, float[])}, to bfloat16's bits. */
  static void decode(
      FourBitType type, int blockSize, byte[] packed, float[] absmax, int n, short[] out) {
    short[] products = new short[FourBitType.SIZE];
    for (int start = 0, block = 0; start < n; start += blockSize, block++) {
      for (int code = 0; code < FourBitType.SIZE; code++) {
        products[code] = bfloat16(type.value(code) * absmax[block]);
      }
      int end = (Math.min(start + blockSize, n) + 1) / 2;
      for (int i = start / 2; i < end; i++) {
        int pair = packed[i] & 0xFF;
        out[2 * i] = products[pair >>> 4];
        out[2 * i + 1] = products[pair & 0xF];
      }
    }
  }

  /** The upper half of a finite float32, rounded to nearest even. */
  private static short bfloat16(float x) {
    int bits = Float.floatToRawIntBits(x);
    return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
  }
}
