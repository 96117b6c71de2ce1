package dev.luthier.data.duplicates;

import java.util.Arrays;

/**
 * A sketch of a set in which two sets agree, value by value, with a probability equal to their
 * Jaccard similarity (Broder 1997, "On the resemblance and containment of documents").
 *
 * <p>One permutation serves all values (Li, Owen and Zhang 2012): the hashes' range is cut into as
 * many bins as there are values, and a value is the least hash in its bin. A bin without any takes
 * the value of another, probed in an order that depends on nothing but the bin ("optimal
 * densification", Shrivastava 2017, algorithm 1), so that short texts have whole sketches too. The
 * shingles come as sorted random hashes, so a sketch costs one pass over them.
 */
final class MinHash {
  private final Banding banding;
  private final long seed;

  MinHash(Banding banding, long seed) {
    this.banding = banding;
    this.seed = seed;
  }

  /**
   * Returns a sketch's values.
   *
   * @param shingles random hashes, ascending; none gives zeros
   */
  int[] sketch(int[] shingles) {
    int[] values = new int[banding.values()];
    if (shingles.length == 0) {
      return values;
    }
    boolean[] filled = new boolean[values.length];
    for (int i = shingles.length - 1; i >= 0; i--) {
      int bin = Mix.scale(shingles[i] ^ Integer.MIN_VALUE, values.length);
      values[bin] = shingles[i];
      filled[bin] = true;
    }
    for (int bin = 0; bin < values.length; bin++) {
      if (!filled[bin]) {
        values[bin] = values[probe(bin, filled)];
      }
    }
    return values;
  }

  private int probe(int bin, boolean[] filled) {
    long state = seed + ((long) bin << 32);
    while (true) {
      int other = Mix.scale((int) Mix.of(state++), filled.length);
      if (filled[other]) {
        return other;
      }
    }
  }

  /** Returns a hash of each band's values, 32 bits. */
  int[] keys(int[] shingles) {
    int[] values = sketch(shingles);
    int[] keys = new int[banding.bands()];
    Arrays.setAll(
        keys,
        band -> {
          long key = seed;
          for (int i = band * banding.width(); i < (band + 1) * banding.width(); i++) {
            key = Mix.of(key ^ values[i]);
          }
          return (int) (key >>> 32);
        });
    return keys;
  }
}
