package dev.luthier.quant;

import java.util.Arrays;

/** IQ4_NL and IQ4_XS: 16 values at uneven distances, times a scale of 32 values. */
final class UnevenEncoder implements RowEncoder {
  /** Scales that are tried on both sides of the first. */
  private static final int TRIES = 7;

  /** Codes by twice the value, rounded down, from twice the lowest on: the midpoints are whole. */
  private static final byte[] NEAREST = nearest();

  private final int superBlock;
  private final byte[] codes;
  private final float[] scales;
  private final float[] weights = new float[32];

  /** Blocks of 32 values that stand alone, or in superblocks of 256. */
  UnevenEncoder(int superBlock) {
    this.superBlock = superBlock;
    codes = new byte[superBlock];
    scales = new float[superBlock / 32];
  }

  private static byte[] nearest() {
    byte[] values = SmallBlocks.UNEVEN;
    byte[] codes = new byte[2 * (values[15] - values[0]) + 1];
    for (int i = 0, code = 0; i < codes.length; i++) {
      int twice = 2 * values[0] + i;
      while (code < 15 && twice >= values[code] + values[code + 1]) {
        code++;
      }
      codes[i] = (byte) code;
    }
    return codes;
  }

  private static int code(float x) {
    float twice = x + x;
    int down = (int) twice;
    down = down > twice ? down - 1 : down;
    int least = 2 * SmallBlocks.UNEVEN[0];
    return NEAREST[Math.max(0, Math.min(NEAREST.length - 1, down - least))];
  }

  @Override
  public void encode(float[] in, int from, int columns, float[] importance, byte[] out, int at) {
    int to = at;
    for (int block = 0; block < columns; block += superBlock) {
      float variance = Weights.squares(in, from + block, superBlock) * (2f / superBlock);
      float largest = 0;
      for (int i = 0; i < scales.length; i++) {
        int values = block + 32 * i;
        if (importance.length == 0) {
          Weights.squared(in, from + values, weights);
        } else {
          Weights.important(in, from + values, variance, importance, values, weights);
        }
        scales[i] = scale(in, from + values);
        largest = Math.abs(scales[i]) > Math.abs(largest) ? scales[i] : largest;
      }
      if (superBlock == 32) {
        Half.put(scales[0], out, to);
        quantize(in, from + block, scales[0], 0);
        to = pack(out, to + 2);
      } else {
        scales(in, from + block, largest, out, to);
        to = pack(out, to + 8);
      }
    }
  }

  /** The scale of the least weighted error among those about the one that reaches -127. */
  private float scale(float[] in, int from) {
    float extreme = SymmetricFit.extreme(in, from, 32);
    if (Math.abs(extreme) < SymmetricFit.SMALLEST) {
      return 0;
    }
    float scale = 0;
    float best = 0;
    for (int step = -TRIES - 1; step <= TRIES; step++) {
      boolean first = step < -TRIES;
      float inverse =
          first ? 1 / (-extreme / SmallBlocks.UNEVEN[0]) : (step + SmallBlocks.UNEVEN[0]) / extreme;
      float wxq = 0;
      float wqq = 0;
      for (int i = 0; i < 32; i++) {
        float value = in[from + i];
        float level = SmallBlocks.UNEVEN[code(inverse * value)];
        float weighted = weights[i] * level;
        wxq += weighted * value;
        wqq += weighted * level;
      }
      if (first) {
        scale = wqq > 0 ? wxq / wqq : 0;
        best = scale * wxq;
      } else if (wqq > 0 && wxq * wxq > best * wqq) {
        scale = wxq / wqq;
        best = scale * wxq;
      }
    }
    return scale;
  }

  private void scales(float[] in, int from, float largest, byte[] out, int at) {
    float d = -largest / 32;
    Half.put(d, out, at);
    Arrays.fill(out, at + 2, at + 8, (byte) 0);
    float inverse = d == 0 ? 0 : 1 / d;
    for (int i = 0; i < scales.length; i++) {
      int s = CodeRounding.nearest(inverse * scales[i], -32, 31);
      quantize(in, from + 32 * i, d * s, 32 * i);
      out[at + 2 + i / 4] |= (byte) ((s + 32 >>> 4) << i % 4 * 2);
      out[at + 4 + i / 2] |= (byte) ((s + 32 & 0xF) << i % 2 * 4);
    }
  }

  private void quantize(float[] in, int from, float scale, int to) {
    float inverse = scale == 0 ? 0 : 1 / scale;
    for (int i = 0; i < 32; i++) {
      codes[to + i] = (byte) code(inverse * in[from + i]);
    }
  }

  private int pack(byte[] out, int at) {
    for (int i = 0; i < superBlock / 2; i++) {
      int block = i / 16 * 32 + i % 16;
      out[at + i] = (byte) (codes[block] | codes[block + 16] << 4);
    }
    return at + superBlock / 2;
  }
}
