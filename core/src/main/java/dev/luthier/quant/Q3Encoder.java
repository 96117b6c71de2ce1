package dev.luthier.quant;

import java.util.Arrays;

/** Q3_K: 16 sub-blocks with signed scales, as {@link SuperBlocks#q3} reads them. */
final class Q3Encoder implements RowEncoder {
  private static final int BYTES = 110;

  private final byte[] codes = new byte[256];
  private final byte[] scaleCodes = new byte[16];
  private final float[] scales = new float[16];
  private final float[] weights = new float[16];
  private final float[] blockWeights = new float[16];

  @Override
  public void encode(float[] in, int from, int columns, float[] importance, byte[] out, int at) {
    for (int block = 0; block < columns; block += 256) {
      int to = at + block / 256 * BYTES;
      float d =
          importance.length == 0
              ? plain(in, from + block)
              : important(in, from + block, importance, block);
      Half.put(d, out, to + 108);
      requantize(in, from + block, Half.rounded(d));
      pack(out, to);
    }
  }

  private float plain(float[] in, int from) {
    for (int block = 0; block < 16; block++) {
      scales[block] = SymmetricFit.descend(16, 4, in, from + 16 * block, codes, 16 * block);
    }
    float largest = SymmetricFit.extreme(scales, 0, 16);
    if (largest == 0) {
      Arrays.fill(scaleCodes, (byte) 0);
      return 0;
    }
    float inverse = -32f / largest;
    for (int i = 0; i < 16; i++) {
      int s = (byte) CodeRounding.nearest(inverse * scales[i]);
      scaleCodes[i] = (byte) (Math.max(-32, Math.min(31, s)) + 32);
    }
    return 1 / inverse;
  }

  private float important(float[] in, int from, float[] importance, int column) {
    float variance = 2 * Weights.squares(in, from, 256) / 256;
    for (int block = 0; block < 16; block++) {
      int first = 16 * block;
      Weights.important(in, from + first, variance, importance, column + first, weights);
      blockWeights[block] = Weights.sum(weights);
      scales[block] = SymmetricFit.search(16, 4, in, from + first, weights, codes, first);
    }
    return SymmetricFit.search(16, 32, scales, 0, blockWeights, scaleCodes, 0);
  }

  private void requantize(float[] in, int from, float d) {
    for (int block = 0; block < 16; block++) {
      float scale = d * (scaleCodes[block] - 32);
      if (scale == 0) {
        continue; // the codes of the search stay
      }
      for (int i = 16 * block; i < 16 * block + 16; i++) {
        codes[i] = (byte) (CodeRounding.nearest(in[from + i] / scale, -4, 3) + 4);
      }
    }
  }

  private void pack(byte[] out, int at) {
    for (int i = 0; i < 32; i++) {
      int bits = 0;
      for (int part = 0; part < 8; part++) {
        bits |= (codes[i + 32 * part] >>> 2 & 1) << part;
      }
      out[at + i] = (byte) bits;
    }
    PackedBits.twoBits(codes, out, at + 32);
    for (int i = 0; i < 8; i++) {
      out[at + 96 + i] = (byte) (scaleCodes[i] & 0xF | scaleCodes[i + 8] << 4);
    }
    for (int i = 0; i < 4; i++) {
      int bits = 0;
      for (int part = 0; part < 4; part++) {
        bits |= (scaleCodes[i + 4 * part] >>> 4) << 2 * part;
      }
      out[at + 104 + i] = (byte) bits;
    }
  }
}
