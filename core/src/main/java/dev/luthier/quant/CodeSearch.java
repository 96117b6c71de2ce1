package dev.luthier.quant;

import java.util.Arrays;

/**
 * Finds the nearest of up to 256 sorted values: the number of midpoints below x, so that a tie goes
 * to the lower value, as {@code torch.bucketize} has it. A table over the upper half of the float's
 * bits gives the answer but for one comparison; it is right for values of which no two midpoints
 * share their upper bits.
 */
final class CodeSearch {
  private static final int BUCKETS = 1 << 16;
  private static final int NEGATIVE = BUCKETS / 2;

  private final float[] midpoints;
  private final byte[] first = new byte[BUCKETS];

  CodeSearch(float[] sorted) {
    midpoints = new float[sorted.length];
    for (int i = 0; i + 1 < sorted.length; i++) {
      midpoints[i] = (sorted[i] + sorted[i + 1]) / 2;
    }
    midpoints[sorted.length - 1] = Float.POSITIVE_INFINITY;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      // The smallest float of a bucket: of the negative ones it is that with all lower bits set.
      int lowest = bucket << 16 | (bucket < NEGATIVE ? 0 : 0xFFFF);
      int highest = bucket << 16 | (bucket < NEGATIVE ? 0xFFFF : 0);
      int code = below(Float.intBitsToFloat(lowest));
      if (below(Float.intBitsToFloat(highest)) > code + 1) {
        throw new IllegalArgumentException("values too close together for this search");
      }
      first[bucket] = (byte) code;
    }
  }

  /** How many midpoints are below x, by plain search; for a NaN all of them. */
  private int below(float x) {
    int at = Arrays.binarySearch(midpoints, 0, midpoints.length - 1, x == 0 ? 0f : x);
    return at >= 0 ? at : -at - 1;
  }

  /** Between each value and the next, rising; a copy. */
  float[] midpoints() {
    return Arrays.copyOf(midpoints, midpoints.length - 1);
  }

  /** The index of the value nearest to x; the last for a NaN. */
  int nearest(float x) {
    int code = first[Float.floatToRawIntBits(x) >>> 16] & 0xFF;
    // The sign of the difference and no branch, which would be mispredicted half of the time: this
    // is twice as fast. A NaN's sign may be either.
    int above = Float.floatToRawIntBits(midpoints[code] - x) >>> 31;
    return Math.min(code + above, midpoints.length - 1);
  }
}
