package dev.luthier.data.duplicates;

import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * Finds the rows that share a key, however many rows there are, with one buffer: rows are sorted by
 * key in as many passes over the keys as it takes, each for a range of keys that fits.
 */
final class Groups {
  /** Pairs of key and row that are sorted at once: 64 MiB. */
  private static final int CAPACITY = 1 << 23;

  private static final int BINS = 1 << 16;
  private static final int BIN_SHIFT = 16;

  private final int rows;
  private final Watch watch;
  private final int[] keys = new int[KeyFile.BLOCK];
  private long[] entries;

  Groups(int rows, Watch watch) {
    this(rows, watch, CAPACITY);
  }

  Groups(int rows, Watch watch, int capacity) {
    this.rows = rows;
    this.watch = watch;
    this.entries = new long[Math.max(2, Math.min(rows, capacity))];
  }

  /** Where keys come from. */
  interface Keys {
    /** Reads the keys of a block of {@link KeyFile#BLOCK} rows. */
    void read(int block, int[] into);
  }

  /** What is done with rows that share a key. */
  interface Visitor {
    /**
     * Visits rows of one key, ascending. When there are more than the buffer holds they come in
     * parts, each led by what the visitor kept of the parts before.
     *
     * @param entries rows, each in the lower half of a long
     * @param from the first of them
     * @param to past the last of them
     * @return how many, moved to the front, later rows of this key are to be compared with
     */
    int visit(long[] entries, int from, int to);
  }

  /** Visits each group of two or more among the rows that are taken. */
  void visit(Keys from, IntPredicate taken, Visitor visitor) {
    int[] histogram = new int[BINS];
    scan(from, taken, entry -> histogram[(int) (entry >>> Integer.SIZE + BIN_SHIFT)]++);
    int first = 0;
    while (first < BINS) {
      int last = first;
      long sum = histogram[first];
      while (last + 1 < BINS && sum + histogram[last + 1] <= entries.length) {
        sum += histogram[++last];
      }
      if (sum > 0) {
        new Pass(first, last, visitor).run(from, taken);
      }
      first = last + 1;
    }
    watch.advance(rows);
  }

  private interface Entries {
    void take(long entry);
  }

  private void scan(Keys from, IntPredicate taken, Entries to) {
    for (int start = 0; start < rows && start >= 0; start += KeyFile.BLOCK) {
      watch.check();
      from.read(start / KeyFile.BLOCK, keys);
      int n = Math.min(KeyFile.BLOCK, rows - start);
      for (int i = 0; i < n; i++) {
        if (taken.test(start + i)) {
          to.take((long) keys[i] << Integer.SIZE | (start + i));
        }
      }
    }
  }

  /** One range of bins. */
  private final class Pass {
    private final int first;
    private final int last;
    private final Visitor visitor;
    private int count;

    Pass(int first, int last, Visitor visitor) {
      this.first = first;
      this.last = last;
      this.visitor = visitor;
    }

    void run(Keys from, IntPredicate taken) {
      scan(
          from,
          taken,
          entry -> {
            int bin = (int) (entry >>> Integer.SIZE + BIN_SHIFT);
            if (bin >= first && bin <= last) {
              add(entry);
            }
          });
      process();
    }

    private void add(long entry) {
      if (count == entries.length) {
        // One bin, as of a text that millions of rows share, is more than the buffer.
        process();
        if (count > entries.length / 2) {
          entries = Arrays.copyOf(entries, 2 * entries.length);
        }
      }
      entries[count++] = entry;
    }

    private void process() {
      Arrays.sort(entries, 0, count);
      int kept = 0;
      int to;
      for (int from = 0; from < count; from = to) {
        to = from + 1;
        while (to < count && entries[to] >>> Integer.SIZE == entries[from] >>> Integer.SIZE) {
          to++;
        }
        int n = to - from == 1 ? 1 : visitor.visit(entries, from, to);
        System.arraycopy(entries, from, entries, kept, n);
        kept += n;
      }
      count = kept;
    }
  }
}
