package dev.luthier.data.privacy;

/** Tells strings that a machine drew, or a careful person thought of, from words and examples. */
final class Randomness {
  private Randomness() {}

  /** Returns the Shannon entropy of the characters' frequencies, bits per character. */
  static double bitsPerCharacter(String value) {
    int[] counts = new int[128];
    for (int i = 0; i < value.length(); i++) {
      counts[value.charAt(i) & 127]++;
    }
    double bits = 0;
    for (int count : counts) {
      if (count > 0) {
        double p = count / (double) value.length();
        bits -= p * Math.log(p) / Math.log(2);
      }
    }
    return bits;
  }
}
