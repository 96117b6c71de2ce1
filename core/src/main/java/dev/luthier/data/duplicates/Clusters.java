package dev.luthier.data.duplicates;

import java.util.BitSet;

/** Which rows are duplicates of which. Rows are numbered from 0 in the order they were added in. */
public final class Clusters {
  private final DisjointSets sets;
  private final int[] original;
  private final BitSet copies;

  Clusters(DisjointSets sets, int[] original, BitSet copies) {
    this.sets = sets;
    this.original = original;
    this.copies = copies;
  }

  /** Returns how many rows there are. */
  public int rows() {
    return original.length;
  }

  /**
   * Returns the first row of the row's cluster: all that copies and near-duplicates connect, over
   * others if need be. No two rows of different clusters were found to be duplicates, so a split by
   * clusters separates none; but the ends of a long chain may have little in common.
   */
  public int cluster(int row) {
    return sets.first(row);
  }

  /**
   * Returns the row that stays for this one: an earlier row with the same normalised text, or one
   * whose similarity to it is at least the threshold; the row itself if it stays.
   */
  public int original(int row) {
    return original[row];
  }

  /** Whether the row stays: it duplicates no other row that stays. */
  public boolean stays(int row) {
    return original[row] == row;
  }

  /** Whether an earlier row has the same normalised text. */
  public boolean copy(int row) {
    return copies.get(row);
  }

  /** Returns how many rows have the same normalised text as an earlier one. */
  public int copies() {
    return copies.cardinality();
  }

  /** Returns how many rows stay. */
  public int staying() {
    int n = 0;
    for (int row = 0; row < original.length; row++) {
      n += stays(row) ? 1 : 0;
    }
    return n;
  }
}
