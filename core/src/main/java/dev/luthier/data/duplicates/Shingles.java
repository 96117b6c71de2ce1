package dev.luthier.data.duplicates;

import dev.luthier.generate.SplitMix64;
import java.util.Arrays;

/**
 * A text's set of shingles: all substrings of a length (Broder 1997, section 2, there of words; of
 * characters here, since one changed word in a short instruction takes three of its eight shingles
 * of three words, and at most nine of its fifty of five characters).
 *
 * <p>{@code "the cat"} has, with length 5, the shingles {@code "the c"}, {@code "he ca"}, {@code "e
 * cat"}; a text that is shorter than a shingle is one itself. A shingle stands as 32 bits of a
 * hash, which moves the similarity of sets of n shingles by about n / 2^32.
 */
final class Shingles {
  private final int length;
  private final long base;
  private final long power;
  private final long salt;

  Shingles(int length, long seed) {
    this.length = length;
    SplitMix64 random = new SplitMix64(seed);
    this.base = random.nextLong() | 1;
    this.salt = random.nextLong();
    long product = 1;
    for (int i = 0; i < length; i++) {
      product *= base;
    }
    this.power = product;
  }

  /**
   * Returns the hashes of the text's distinct shingles, ascending.
   *
   * @param key texts with another one share no shingles but by chance
   */
  int[] of(String text, long key) {
    if (text.isEmpty()) {
      return new int[0];
    }
    int first = Math.min(length, text.length());
    int[] hashes = new int[text.length() - first + 1];
    // A polynomial in base modulo 2^64, which rolls on by one character (Karp and Rabin 1987).
    long rolling = 0;
    for (int i = 0; i < first; i++) {
      rolling = rolling * base + text.charAt(i);
    }
    hashes[0] = hash(rolling ^ key);
    for (int i = first; i < text.length(); i++) {
      rolling = rolling * base + text.charAt(i) - power * text.charAt(i - first);
      hashes[i - first + 1] = hash(rolling ^ key);
    }
    return distinct(hashes);
  }

  private int hash(long rolling) {
    return (int) (Mix.of(rolling ^ salt) >>> 32);
  }

  private static int[] distinct(int[] hashes) {
    int[] sorted = sorted(hashes);
    int n = 1;
    for (int i = 1; i < sorted.length; i++) {
      if (sorted[i] != sorted[n - 1]) {
        sorted[n++] = sorted[i];
      }
    }
    return Arrays.copyOf(sorted, n);
  }

  /**
   * Sorts evenly spread numbers in linear time: into as many buckets as there are numbers, which
   * leaves little to do. {@link Arrays#sort} takes several times as long, and would be most of what
   * a signature costs.
   */
  private static int[] sorted(int[] hashes) {
    int n = hashes.length;
    int[] ends = new int[n];
    for (int hash : hashes) {
      ends[bucket(hash, n)]++;
    }
    for (int i = 1; i < n; i++) {
      ends[i] += ends[i - 1];
    }
    int[] sorted = new int[n];
    for (int hash : hashes) {
      sorted[--ends[bucket(hash, n)]] = hash;
    }
    for (int i = 1; i < n; i++) {
      int hash = sorted[i];
      int at = i;
      for (; at > 0 && sorted[at - 1] > hash; at--) {
        sorted[at] = sorted[at - 1];
      }
      sorted[at] = hash;
    }
    return sorted;
  }

  private static int bucket(int hash, int buckets) {
    return Mix.scale(hash ^ Integer.MIN_VALUE, buckets);
  }
}
