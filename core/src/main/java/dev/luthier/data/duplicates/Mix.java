package dev.luthier.data.duplicates;

/** Stirring of bits. */
final class Mix {
  private Mix() {}

  /** MurmurHash3's finaliser (Appleby): a bijection in which each bit moves half of the others. */
  static long of(long bits) {
    long z = bits;
    z = (z ^ (z >>> 33)) * 0xFF51AFD7ED558CCDL;
    z = (z ^ (z >>> 33)) * 0xC4CEB9FE1A85EC53L;
    return z ^ (z >>> 33);
  }

  /** Maps 32 bits evenly, and in their order, onto 0 to n - 1. */
  static int scale(int bits, int n) {
    return (int) ((bits & 0xFFFFFFFFL) * n >>> 32);
  }
}
