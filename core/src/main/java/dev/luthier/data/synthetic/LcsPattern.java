package dev.luthier.data.synthetic;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Lengths of longest common subsequences with one sequence, 64 cells of the table at a time: Hyyrö
 * 2004, "Bit-Parallel LCS-length Computation Revisited", AWOCA, section 2. Two sequences of m and n
 * words take n * ceil(m / 64) additions.
 */
final class LcsPattern {
  private final int length;
  private final Map<Integer, long[]> places = new HashMap<>();

  /**
   * @param words the sequence, words as ids
   */
  LcsPattern(int[] words) {
    this.length = words.length;
    for (int i = 0; i < words.length; i++) {
      places.computeIfAbsent(words[i], w -> new long[blocks()])[i / 64] |= 1L << (i % 64);
    }
  }

  private int blocks() {
    return (length + 63) / 64;
  }

  /** The length of the longest common subsequence with another sequence. */
  int with(int[] words) {
    // A zero at place i: the row of the table grows from i to i + 1.
    long[] row = new long[blocks()];
    Arrays.fill(row, -1L);
    for (int word : words) {
      long[] matches = places.get(word);
      if (matches != null) {
        long carry = 0;
        for (int b = 0; b < row.length; b++) {
          long u = row[b] & matches[b];
          long sum = row[b] + u;
          long withCarry = sum + carry;
          carry =
              Long.compareUnsigned(sum, u) < 0 || Long.compareUnsigned(withCarry, sum) < 0 ? 1 : 0;
          row[b] = withCarry | (row[b] & ~u);
        }
      }
    }
    int common = 0;
    for (int b = 0; b < row.length; b++) {
      int bits = Math.min(64, length - 64 * b);
      common += bits - Long.bitCount(bits == 64 ? row[b] : row[b] & ((1L << bits) - 1));
    }
    return common;
  }
}
