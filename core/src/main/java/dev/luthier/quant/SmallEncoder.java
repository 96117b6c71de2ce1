package dev.luthier.quant;

/** Blocks of 32 values with one scale, as {@link SmallBlocks} reads them. */
final class SmallEncoder implements RowEncoder {
  private static final AffineFit.Range RANGE = new AffineFit.Range(-0.9f, 0.05f, 36, false);

  private final int bits;
  private final boolean minimum;
  private final byte[] codes = new byte[32];
  private final float[] weights = new float[32];
  private final AffineFit fit = new AffineFit();

  /**
   * Blocks of 4 or 5 bits.
   *
   * @param minimum whether the block has one
   */
  SmallEncoder(int bits, boolean minimum) {
    this.bits = bits;
    this.minimum = minimum;
  }

  @Override
  public void encode(float[] in, int from, int columns, float[] importance, byte[] out, int at) {
    float variance =
        importance.length == 0 ? 0 : Weights.squares(in, from, columns) / (float) columns;
    int to = at;
    for (int block = 0; block < columns; block += 32) {
      if (importance.length == 0) {
        if (minimum) {
          plainAffine(in, from + block, out, to);
        } else {
          plain(in, from + block, out, to);
        }
      } else {
        Weights.important(in, from + block, variance, importance, block, weights);
        if (minimum) {
          fit.fit(32, (1 << bits) - 1, in, from + block, weights, RANGE, codes, 0);
          Half.put(fit.scale(), out, to);
          Half.put(fit.minimum(), out, to + 2);
        } else {
          Half.put(
              SymmetricFit.search(32, 1 << bits - 1, in, from + block, weights, codes, 0), out, to);
        }
      }
      to = pack(out, minimum ? to + 4 : to + 2);
    }
  }

  /** The value of the largest size has the lowest code. */
  private void plain(float[] in, int from, byte[] out, int at) {
    int half = 1 << bits - 1;
    float d = SymmetricFit.extreme(in, from, 32) / -half;
    float inverse = d == 0 ? 0 : 1 / d;
    Half.put(d, out, at);
    for (int i = 0; i < 32; i++) {
      codes[i] =
          (byte) CodeRounding.truncated(in[from + i] * inverse + (half + 0.5f), 2 * half - 1);
    }
  }

  /** The smallest value has code 0, the largest the highest. */
  private void plainAffine(float[] in, int from, byte[] out, int at) {
    float min = Float.MAX_VALUE;
    float max = -Float.MAX_VALUE;
    for (int i = from; i < from + 32; i++) {
      min = in[i] < min ? in[i] : min;
      max = in[i] > max ? in[i] : max;
    }
    int most = (1 << bits) - 1;
    float d = (max - min) / most;
    float inverse = d == 0 ? 0 : 1 / d;
    Half.put(d, out, at);
    Half.put(min, out, at + 2);
    for (int i = 0; i < 32; i++) {
      codes[i] = (byte) CodeRounding.truncated((in[from + i] - min) * inverse + 0.5f, most);
    }
  }

  /** The fifth bits, if there are such, and the lower four; returns where the next block begins. */
  private int pack(byte[] out, int at) {
    int low = at;
    if (bits == 5) {
      for (int i = 0; i < 4; i++) {
        int high = 0;
        for (int j = 0; j < 8; j++) {
          high |= (codes[8 * i + j] >>> 4 & 1) << j;
        }
        out[low++] = (byte) high;
      }
    }
    for (int i = 0; i < 16; i++) {
      out[low + i] = (byte) (codes[i] & 0xF | codes[16 + i] << 4);
    }
    return low + 16;
  }

  /** Q8_0: the value of the largest size has code 127 or -127; importance changes nothing. */
  static void q8Zero(float[] in, int from, int columns, float[] importance, byte[] out, int at) {
    int to = at;
    for (int block = from; block < from + columns; block += 32) {
      float d = Math.abs(SymmetricFit.extreme(in, block, 32)) / 127;
      float inverse = d == 0 ? 0 : 1 / d;
      Half.put(d, out, to);
      for (int i = 0; i < 32; i++) {
        out[to + 2 + i] = CodeRounding.awayFromZero(in[block + i] * inverse);
      }
      to += 34;
    }
  }
}
