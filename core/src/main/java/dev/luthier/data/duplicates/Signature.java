package dev.luthier.data.duplicates;

/**
 * What is kept of a text to compare it with others. Made by {@link Signer}; equal texts have equal
 * contents.
 */
public final class Signature {
  private final long high;
  private final long low;
  private final int[] shingles;
  private final int[] bands;

  Signature(long high, long low, int[] shingles, int[] bands) {
    this.high = high;
    this.low = low;
    this.shingles = shingles;
    this.bands = bands;
  }

  /** The first half of the normalised text's 128-bit hash. */
  long high() {
    return high;
  }

  /** The second half. */
  long low() {
    return low;
  }

  /** Hashes of the distinct shingles, ascending; none when only exact copies are looked for. */
  int[] shingles() {
    return shingles;
  }

  /** A key for each band of the sketch. */
  int[] bands() {
    return bands;
  }
}
