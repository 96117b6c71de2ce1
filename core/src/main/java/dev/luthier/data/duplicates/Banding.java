package dev.luthier.data.duplicates;

/**
 * How a sketch of MinHash values is cut into bands for locality-sensitive hashing: two texts are
 * candidates when all values of at least one band agree (Leskovec, Rajaraman and Ullman, "Mining of
 * Massive Datasets", section 3.4). At 0.8 it is 26 bands of 8 values.
 *
 * @param bands how many bands, each a column of keys on the disk
 * @param width values per band
 */
record Banding(int bands, int width) {
  /** The share of pairs at the threshold that are to become candidates. */
  static final double RECALL = 0.99;

  /** Values in a sketch, at most: beyond, keys cost more than the comparisons that they spare. */
  private static final int MOST_VALUES = 256;

  /**
   * Returns the widest bands, which let the fewest dissimilar pairs through, that find {@value
   * #RECALL} of the pairs at the threshold.
   *
   * @param threshold a Jaccard similarity, 0.1 to 1
   */
  static Banding of(double threshold) {
    Banding best = new Banding(bands(threshold, 1), 1);
    for (int width = 2; bands(threshold, width) * width <= MOST_VALUES; width++) {
      best = new Banding(bands(threshold, width), width);
    }
    return best;
  }

  private static int bands(double threshold, int width) {
    double missed = Math.log1p(-Math.pow(threshold, width));
    return Math.max(1, (int) Math.ceil(Math.log(1 - RECALL) / missed));
  }

  /**
   * Returns the probability that two texts of this similarity become candidates: 1 - (1 - j^w)^b.
   */
  double recall(double jaccard) {
    return 1 - Math.pow(1 - Math.pow(jaccard, width), bands);
  }

  /** Returns the values in a sketch. */
  int values() {
    return bands * width;
  }
}
