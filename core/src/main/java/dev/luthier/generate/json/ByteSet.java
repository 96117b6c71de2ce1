package dev.luthier.generate.json;

import java.util.Arrays;

/** A set of bytes. Immutable. */
final class ByteSet {
  private final long[] words;

  private ByteSet(long[] words) {
    this.words = words;
  }

  static ByteSet of(int... bytes) {
    long[] words = new long[4];
    for (int b : bytes) {
      words[b >> 6] |= 1L << b;
    }
    return new ByteSet(words);
  }

  /** Both ends belong to it. */
  static ByteSet range(int first, int last) {
    long[] words = new long[4];
    for (int b = first; b <= last; b++) {
      words[b >> 6] |= 1L << b;
    }
    return new ByteSet(words);
  }

  boolean contains(int b) {
    return (words[b >> 6] >>> b & 1) != 0;
  }

  ByteSet or(ByteSet other) {
    long[] union = new long[4];
    Arrays.setAll(union, i -> words[i] | other.words[i]);
    return new ByteSet(union);
  }

  boolean isEmpty() {
    return (words[0] | words[1] | words[2] | words[3]) == 0;
  }
}
