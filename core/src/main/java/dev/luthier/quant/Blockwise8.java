package dev.luthier.quant;

/**
 * Block-wise 8-bit quantization (Dettmers et al. 2022, section 2.1): each block of values is
 * divided by its largest magnitude, and what is left becomes the nearest code of a dynamic map. The
 * last block may be short.
 */
public final class Blockwise8 {
  /** Values per block of optimizer state, and of scales quantized in turn. */
  public static final int BLOCK_SIZE = 256;

  private Blockwise8() {}

  /**
   * Quantizes.
   *
   * @param x finite values
   * @param length how many of them
   * @param codes receives a code per value
   * @param absmax receives the largest magnitude of each block
   */
  public static void quantize(
      float[] x, int length, int blockSize, DynamicMap map, byte[] codes, float[] absmax) {
    for (int start = 0, block = 0; start < length; start += blockSize, block++) {
      int end = Math.min(start + blockSize, length);
      float max = Scales.absmax(x, start, end);
      float inverse = Scales.inverse(max);
      for (int i = start; i < end; i++) {
        codes[i] = (byte) map.code(x[i] * inverse);
      }
      absmax[block] = max;
    }
  }

  /**
   * Gives the values back: each code's value times its block's magnitude.
   *
   * @param codes what {@link #quantize} made
   * @param length how many of them
   * @param out receives a value per code
   */
  public static void dequantize(
      byte[] codes, int length, int blockSize, DynamicMap map, float[] absmax, float[] out) {
    for (int start = 0, block = 0; start < length; start += blockSize, block++) {
      int end = Math.min(start + blockSize, length);
      float scale = absmax[block];
      for (int i = start; i < end; i++) {
        out[i] = map.value(codes[i] & 0xFF) * scale;
      }
    }
  }
}
