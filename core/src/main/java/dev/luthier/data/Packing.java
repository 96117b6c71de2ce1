package dev.luthier.data;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Puts documents into rows of a fixed length by best fit: longest first, each into the fullest row
 * that still takes it. Documents are never cut. Best-fit decreasing needs at most 11/9 of the least
 * possible number of rows (Johnson, 1973).
 *
 * <p>The result depends on the lengths and their order alone, so a resumed run packs the same rows.
 */
public final class Packing {
  private Packing() {}

  /**
   * O(n + n L / 64) for n documents and rows of L tokens, in a few arrays of n and of L numbers.
   *
   * @param lengths token counts of the documents
   * @param maxLength tokens that a row takes
   * @return rows of indices into {@code lengths}; in a row longer documents stand first, and rows
   *     stand in the order in which they were opened
   * @throws IllegalArgumentException a document longer than a row
   */
  public static List<int[]> bestFit(int[] lengths, int maxLength) {
    int capacity = capacity(lengths, maxLength);
    Rows rows = new Rows(lengths.length, capacity);
    for (int document : longestFirst(lengths, capacity)) {
      rows.place(document, lengths[document]);
    }
    return rows.toList();
  }

  /** What a row takes at most, which is no more than there is. */
  private static int capacity(int[] lengths, int maxLength) {
    long total = 0;
    for (int i = 0; i < lengths.length; i++) {
      if (lengths[i] > maxLength) {
        throw new IllegalArgumentException(
            "document " + i + " has " + lengths[i] + " tokens, a row takes " + maxLength);
      }
      total += lengths[i];
    }
    return (int) Math.min(total, maxLength);
  }

  /** Counting sort; documents of equal length keep their order. */
  private static int[] longestFirst(int[] lengths, int longest) {
    int[] begin = new int[longest + 2];
    for (int length : lengths) {
      begin[longest - length + 1]++;
    }
    for (int i = 1; i < begin.length; i++) {
      begin[i] += begin[i - 1];
    }
    int[] order = new int[lengths.length];
    for (int i = 0; i < lengths.length; i++) {
      order[begin[longest - lengths[i]]++] = i;
    }
    return order;
  }

  /** One document per row, in order: no packing. */
  public static List<int[]> none(int documents) {
    List<int[]> rows = new ArrayList<>(documents);
    for (int i = 0; i < documents; i++) {
      rows.add(new int[] {i});
    }
    return rows;
  }

  /**
   * Rows under construction. Rows of equal space stand in a queue; so do the documents of a row.
   */
  private static final class Rows {
    private static final int NONE = -1;

    private final int capacity;

    /** Spaces that some row has left, and the queue of those rows. */
    private final BitSet spaces = new BitSet();

    private final int[] firstWithSpace;
    private final int[] lastWithSpace;
    private final int[] nextRow;

    private final int[] firstInRow;
    private final int[] lastInRow;
    private final int[] documentsInRow;
    private final int[] nextInRow;
    private int count;

    Rows(int documents, int capacity) {
      this.capacity = capacity;
      this.firstWithSpace = new int[capacity + 1];
      this.lastWithSpace = new int[capacity + 1];
      this.nextRow = new int[documents];
      this.firstInRow = new int[documents];
      this.lastInRow = new int[documents];
      this.documentsInRow = new int[documents];
      this.nextInRow = new int[documents];
    }

    /** Into the row with the least space that is enough; of several the one that waited longest. */
    void place(int document, int length) {
      int space = spaces.nextSetBit(length);
      if (space < 0) {
        firstInRow[count] = document;
        append(count++, document, capacity - length);
        return;
      }
      int row = firstWithSpace[space];
      firstWithSpace[space] = nextRow[row];
      spaces.set(space, nextRow[row] != NONE);
      nextInRow[lastInRow[row]] = document;
      append(row, document, space - length);
    }

    private void append(int row, int document, int space) {
      lastInRow[row] = document;
      documentsInRow[row]++;
      nextRow[row] = NONE;
      if (spaces.get(space)) {
        nextRow[lastWithSpace[space]] = row;
      } else {
        spaces.set(space);
        firstWithSpace[space] = row;
      }
      lastWithSpace[space] = row;
    }

    List<int[]> toList() {
      List<int[]> rows = new ArrayList<>(count);
      for (int row = 0; row < count; row++) {
        int[] documents = new int[documentsInRow[row]];
        for (int i = 0, at = firstInRow[row]; i < documents.length; i++, at = nextInRow[at]) {
          documents[i] = at;
        }
        rows.add(documents);
      }
      return rows;
    }
  }
}
