package dev.luthier.data.quality;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * From 64-bit hashes to the rows they stand in: open addressing with linear probing at no more than
 * half full; each hash's rows are a chain in two arrays, so that nothing is allocated for an entry.
 */
final class HashRows {
  /** The chain of a hash that stands in too many rows. */
  private static final int TOO_MANY = -2;

  private static final int NONE = -1;

  private final int mostRows;
  private long[] hashes = new long[1 << 10];

  /** The first link of each hash's chain, plus 1: 0 is an empty place. */
  private int[] firsts = new int[1 << 10];

  private int[] rows = new int[1 << 10];
  private int[] nexts = new int[1 << 10];
  private int entries;
  private int links;

  /**
   * @param mostRows rows beyond which a hash counts for none
   */
  HashRows(int mostRows) {
    this.mostRows = mostRows;
  }

  /** Notes that a hash stands in a row; rows come in ascending order, each once for a hash. */
  void add(long hash, int row) {
    if (2 * entries >= hashes.length) {
      grow();
    }
    int place = place(hashes, firsts, hash);
    if (firsts[place] == 0) {
      hashes[place] = hash;
      entries++;
      firsts[place] = link(row, NONE) + 1;
    } else if (firsts[place] - 1 != TOO_MANY) {
      boolean full = mostRows < Integer.MAX_VALUE && length(firsts[place] - 1) >= mostRows;
      firsts[place] = (full ? TOO_MANY : link(row, firsts[place] - 1)) + 1;
    }
  }

  /** Gives every row that the hash stands in, the latest first; none when there are too many. */
  void forEachRow(long hash, IntConsumer action) {
    for (int link = firsts[place(hashes, firsts, hash)] - 1; link >= 0; link = nexts[link]) {
      action.accept(rows[link]);
    }
  }

  private int link(int row, int next) {
    if (links == rows.length) {
      rows = Arrays.copyOf(rows, 2 * links);
      nexts = Arrays.copyOf(nexts, 2 * links);
    }
    rows[links] = row;
    nexts[links] = next;
    return links++;
  }

  private int length(int first) {
    int length = 0;
    for (int link = first; link >= 0; link = nexts[link]) {
      length++;
    }
    return length;
  }

  private void grow() {
    long[] moreHashes = new long[2 * hashes.length];
    int[] moreFirsts = new int[2 * hashes.length];
    for (int i = 0; i < hashes.length; i++) {
      if (firsts[i] != 0) {
        int place = place(moreHashes, moreFirsts, hashes[i]);
        moreHashes[place] = hashes[i];
        moreFirsts[place] = firsts[i];
      }
    }
    hashes = moreHashes;
    firsts = moreFirsts;
  }

  /** Returns where a hash is, or would be. The hashes are mixed well: their low bits suffice. */
  private static int place(long[] hashes, int[] firsts, long hash) {
    int mask = hashes.length - 1;
    int place = (int) hash & mask;
    while (firsts[place] != 0 && hashes[place] != hash) {
      place = (place + 1) & mask;
    }
    return place;
  }
}
