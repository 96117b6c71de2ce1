package dev.luthier.quant;

import java.util.Arrays;

/** Q2_K, Q4_K and Q5_K: sub-blocks with scales and minimums, as {@link SuperBlocks} reads them. */
final class AffineEncoder implements RowEncoder {
  private static final AffineFit.Range IMPORTANT = new AffineFit.Range(-0.9f, 0.05f, 36, false);

  /** Where the parts of a superblock stand. */
  enum Layout {
    /** 16 sub-blocks, 4-bit scales. */
    Q2(2, 16, 15, 80, new AffineFit.Range(-0.5f, 0.1f, 15, true)),
    /** 8 sub-blocks, 6-bit scales. */
    Q4(4, 32, 63, 0, new AffineFit.Range(-1f, 0.1f, 20, false)),
    /** 8 sub-blocks, 6-bit scales, fifth bits apart. */
    Q5(5, 32, 63, 0, new AffineFit.Range(-0.5f, 0.1f, 15, false));

    private final int bits;
    private final int values;
    private final int mostScale;
    private final int d;
    private final AffineFit.Range plain;

    Layout(int bits, int values, int mostScale, int d, AffineFit.Range plain) {
      this.bits = bits;
      this.values = values;
      this.mostScale = mostScale;
      this.d = d;
      this.plain = plain;
    }
  }

  private final Layout layout;
  private final int most;
  private final int blocks;
  private final byte[] codes = new byte[256];
  private final float[] weights;
  private final float[] scales;
  private final float[] minimums;
  private final float[] blockWeights;
  private final int[] scaleCodes;
  private final int[] minimumCodes;
  private final AffineFit fit = new AffineFit();

  AffineEncoder(Layout layout) {
    this.layout = layout;
    most = (1 << layout.bits) - 1;
    blocks = 256 / layout.values;
    weights = new float[layout.values];
    scales = new float[blocks];
    minimums = new float[blocks];
    blockWeights = new float[blocks];
    scaleCodes = new int[blocks];
    minimumCodes = new int[blocks];
  }

  @Override
  public void encode(float[] in, int from, int columns, float[] importance, byte[] out, int at) {
    int bytes = layout == Layout.Q2 ? 84 : layout == Layout.Q4 ? 144 : 176;
    for (int block = 0; block < columns; block += 256) {
      superBlock(in, from + block, importance, block, out, at + block / 256 * bytes);
    }
  }

  private void superBlock(
      float[] in, int from, float[] importance, int column, byte[] out, int at) {
    boolean plain = importance.length == 0;
    float variance = plain ? 0 : variance(Weights.squares(in, from, 256));
    for (int block = 0; block < blocks; block++) {
      int first = layout.values * block;
      if (plain) {
        weigh(in, from + first);
      } else {
        Weights.important(in, from + first, variance, importance, column + first, weights);
        blockWeights[block] = Weights.sum(weights);
      }
      AffineFit.Range range = plain ? layout.plain : IMPORTANT;
      fit.fit(layout.values, most, in, from + first, weights, range, codes, first);
      scales[block] = fit.scale();
      minimums[block] = -fit.minimum();
    }
    float d = plain ? spread(scales, scaleCodes) : search(scales, scaleCodes);
    float m = plain ? spread(minimums, minimumCodes) : search(minimums, minimumCodes);
    Half.put(d, out, at + layout.d);
    Half.put(m, out, at + layout.d + 2);
    requantize(in, from, Half.rounded(d), Half.rounded(m));
    switch (layout) {
      case Q2 -> packQ2(out, at);
      case Q4 -> {
        packScales(out, at + 4);
        packNibbles(out, at + 16);
      }
      case Q5 -> {
        packScales(out, at + 4);
        packFifthBits(out, at + 16);
        packNibbles(out, at + 48);
      }
    }
  }

  private float variance(float squares) {
    return layout == Layout.Q2 ? squares / 256 : 2 * squares / 256;
  }

  /** Weights where no importance is known: the size of a value, with the mean size of Q4 and Q5. */
  private void weigh(float[] in, int from) {
    float mean =
        layout == Layout.Q2
            ? 0
            : (float) Math.sqrt(Weights.squares(in, from, layout.values) / layout.values);
    for (int i = 0; i < weights.length; i++) {
      weights[i] = mean + Math.abs(in[from + i]);
    }
  }

  /** Codes that reach from zero to the largest; returns what they are multiples of. */
  private float spread(float[] values, int[] to) {
    float max = 0;
    for (float value : values) {
      max = value > max ? value : max;
    }
    float inverse = max > 0 ? layout.mostScale / max : 0;
    for (int i = 0; i < values.length; i++) {
      to[i] = Math.min(layout.mostScale, CodeRounding.nearest(inverse * values[i]) & 0xFF);
    }
    return max / layout.mostScale;
  }

  private float search(float[] values, int[] to) {
    return ScaleFit.search(layout.mostScale, values, blockWeights, to);
  }

  /** The codes nearest to the values under the scales that will be read. */
  private void requantize(float[] in, int from, float d, float dmin) {
    for (int block = 0; block < blocks; block++) {
      float scale = d * scaleCodes[block];
      if (scale == 0) {
        continue; // the codes of the search stay
      }
      float minimum = dmin * minimumCodes[block];
      int first = layout.values * block;
      for (int i = first; i < first + layout.values; i++) {
        codes[i] = (byte) CodeRounding.nearest((in[from + i] + minimum) / scale, 0, most);
      }
    }
  }

  private void packQ2(byte[] out, int at) {
    for (int i = 0; i < 16; i++) {
      out[at + i] = (byte) (scaleCodes[i] | minimumCodes[i] << 4);
    }
    PackedBits.twoBits(codes, out, at + 16);
  }

  /** Six bits each: the first four of both whole, the others in two parts. */
  private void packScales(byte[] out, int at) {
    for (int i = 0; i < 4; i++) {
      int scale = scaleCodes[i + 4];
      int minimum = minimumCodes[i + 4];
      out[at + i] = (byte) (scaleCodes[i] | scale >>> 4 << 6);
      out[at + 4 + i] = (byte) (minimumCodes[i] | minimum >>> 4 << 6);
      out[at + 8 + i] = (byte) (scale & 0xF | (minimum & 0xF) << 4);
    }
  }

  private void packNibbles(byte[] out, int at) {
    for (int i = 0; i < 128; i++) {
      int value = i / 32 * 64 + i % 32;
      out[at + i] = (byte) (codes[value] & 0xF | codes[value + 32] << 4);
    }
  }

  private void packFifthBits(byte[] out, int at) {
    Arrays.fill(out, at, at + 32, (byte) 0);
    for (int i = 0; i < 256; i++) {
      out[at + i % 32] |= (byte) ((codes[i] >>> 4) << i / 32);
    }
  }
}
