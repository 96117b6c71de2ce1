package dev.luthier.quant;

import java.util.Arrays;

/** Q6_K: 16 sub-blocks with signed scales, as {@link SuperBlocks#q6} reads them. */
final class Q6Encoder implements RowEncoder {
  private static final int BYTES = 210;

  private final byte[] codes = new byte[256];
  private final float[] scales = new float[16];
  private final float[] weights = new float[16];

  @Override
  public void encode(float[] in, int from, int columns, float[] importance, byte[] out, int at) {
    for (int block = 0; block < columns; block += 256) {
      superBlock(in, from + block, importance, block, out, at + block / 256 * BYTES);
    }
  }

  private void superBlock(
      float[] in, int from, float[] importance, int column, byte[] out, int at) {
    for (int block = 0; block < 16; block++) {
      int first = 16 * block;
      if (importance.length == 0) {
        Weights.squared(in, from + first, weights);
      } else {
        System.arraycopy(importance, column + first, weights, 0, 16);
      }
      scales[block] = SymmetricFit.search(16, 32, in, from + first, weights, codes, first);
    }
    float largest = SymmetricFit.extreme(scales, 0, 16);
    if (Math.abs(largest) < SymmetricFit.SMALLEST) {
      Arrays.fill(out, at, at + BYTES, (byte) 0);
      return;
    }
    float inverse = -128f / largest;
    float d = 1 / inverse;
    Half.put(d, out, at + 208);
    for (int block = 0; block < 16; block++) {
      int s = Math.min(127, CodeRounding.nearest(inverse * scales[block]));
      out[at + 192 + block] = (byte) s;
    }
    requantize(in, from, Half.rounded(d), out, at + 192);
    pack(out, at);
  }

  private void requantize(float[] in, int from, float d, byte[] scaleCodes, int at) {
    for (int block = 0; block < 16; block++) {
      float scale = d * scaleCodes[at + block];
      if (scale == 0) {
        continue; // the codes of the search stay
      }
      for (int i = 16 * block; i < 16 * block + 16; i++) {
        codes[i] = (byte) (CodeRounding.nearest(in[from + i] / scale, -32, 31) + 32);
      }
    }
  }

  private void pack(byte[] out, int at) {
    for (int i = 0; i < 128; i++) {
      int value = i / 64 * 128 + i % 64;
      out[at + i] = (byte) (codes[value] & 0xF | codes[value + 64] << 4);
    }
    for (int i = 0; i < 64; i++) {
      int value = i / 32 * 128 + i % 32;
      int bits = 0;
      for (int part = 0; part < 4; part++) {
        bits |= (codes[value + 32 * part] >>> 4) << 2 * part;
      }
      out[at + 128 + i] = (byte) bits;
    }
  }
}
