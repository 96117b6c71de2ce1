package dev.luthier.data.duplicates;

/** The similarity of two sets, what they share over what they have together. */
final class Jaccard {
  private Jaccard() {}

  /**
   * Whether two sets are at least this similar. Stops as soon as too few elements are left.
   *
   * @param a distinct, ascending
   * @param b distinct, ascending
   * @param threshold from 0 (exclusive) to 1
   * @return false when either set is empty
   */
  static boolean atLeast(double threshold, int[] a, int[] b) {
    int both = a.length + b.length;
    // j = s / (both - s), so s of them must be shared; one less, for this is rounded.
    int needed = (int) (threshold / (1 + threshold) * both) - 1;
    int spare = Math.min(a.length, b.length) < needed ? -1 : both - 2 * needed;
    int shared = 0;
    int i = 0;
    int j = 0;
    while (i < a.length && j < b.length) {
      if (a[i] == b[j]) {
        shared++;
        i++;
        j++;
        continue;
      }
      if (--spare < 0) {
        return false;
      }
      if (a[i] < b[j]) {
        i++;
      } else {
        j++;
      }
    }
    return shared > 0 && similarity(shared, both) >= threshold;
  }

  /** Returns the similarity, 0 when either set is empty. */
  static double of(int[] a, int[] b) {
    int shared = 0;
    int i = 0;
    int j = 0;
    while (i < a.length && j < b.length) {
      int order = Integer.compare(a[i], b[j]);
      shared += order == 0 ? 1 : 0;
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return shared == 0 ? 0 : similarity(shared, a.length + b.length);
  }

  private static double similarity(int shared, int both) {
    return (double) shared / (both - shared);
  }
}
