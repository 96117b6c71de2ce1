package dev.luthier.data.duplicates;

import java.util.Arrays;
import java.util.BitSet;

/**
 * One search over rows that have been written. First, copies of earlier rows are set aside, by the
 * first column of keys and then the whole hash. Then each band brings candidates together, and
 * those that are similar enough join. Last, each cluster is gone through in order, since a chain of
 * similar rows may end far from where it began: a row is a duplicate of the first row that stays
 * and is similar to it, and otherwise stays itself.
 */
final class ClusterSearch {
  /** In a bucket of at most so many rows, all are compared with all. */
  private static final int SMALL_BUCKET = 32;

  /**
   * In a larger one, each with the last so many that resembled none before: the work is bounded.
   */
  private static final int FEW = 4;

  /** Rows of a cluster that stay and that a row is compared with, the last so many. */
  private static final int STAYING = 64;

  private static final int[] NOT_READ = {};

  private final KeyFile keys;
  private final SignatureFile signatures;
  private final double near;
  private final Watch watch;
  private final int rows;
  private final Groups groups;
  private final DisjointSets sets;
  private final BitSet copies = new BitSet();
  private final int[] original;

  ClusterSearch(KeyFile keys, SignatureFile signatures, double near, Watch watch) {
    this.keys = keys;
    this.signatures = signatures;
    this.near = near;
    this.watch = watch;
    this.rows = keys.rows();
    this.groups = new Groups(rows, watch);
    this.sets = new DisjointSets(rows);
    this.original = new int[rows];
    Arrays.setAll(original, row -> row);
  }

  /** Keys that {@link #run} looks at. */
  static long work(KeyFile keys) {
    return (keys.columns() + 1L) * keys.rows();
  }

  Clusters run() {
    groups.visit((block, into) -> keys.read(0, block, into), row -> true, this::copies);
    for (int band = 1; band < keys.columns(); band++) {
      int column = band;
      groups.visit(
          (block, into) -> keys.read(column, block, into), row -> !copies.get(row), this::join);
    }
    groups.visit(this::clusters, row -> !copies.get(row), this::decide);
    for (int row = copies.nextSetBit(0); row >= 0; row = copies.nextSetBit(row + 1)) {
      sets.join(original[row], row);
      original[row] = original[original[row]];
    }
    return new Clusters(sets, original, copies);
  }

  /** The clusters' first rows, as keys. */
  private void clusters(int block, int[] into) {
    int start = block * KeyFile.BLOCK;
    int n = Math.min(into.length, rows - start);
    for (int i = 0; i < n; i++) {
      into[i] = sets.first(start + i);
    }
  }

  /** Among rows whose hashes begin alike, sets aside those whose whole hashes are alike. */
  private int copies(long[] entries, int from, int to) {
    int texts = from;
    for (int i = from; i < to; i++) {
      int row = (int) entries[i];
      int same = from;
      while (same < texts && !signatures.sameText((int) entries[same], row)) {
        same++;
      }
      if (same == texts) {
        entries[texts++] = entries[i];
      } else {
        original[row] = (int) entries[same];
        copies.set(row);
      }
    }
    return texts - from;
  }

  /** Joins the candidates of one bucket that are similar. */
  private int join(long[] entries, int from, int to) {
    Window others = new Window(entries, from, to - from > SMALL_BUCKET ? FEW : SMALL_BUCKET);
    for (int i = from; i < to; i++) {
      boolean joined = joins((int) entries[i], others);
      if (!joined || !others.full()) {
        others.add(entries[i]);
      }
    }
    return others.size;
  }

  private boolean joins(int row, Window others) {
    boolean any = false;
    int[] set = NOT_READ;
    for (int k = 0; k < others.size; k++) {
      int other = others.row(k);
      if (sets.together(row, other)) {
        any = true;
      } else if (!signatures.unlike(near, row, other)) {
        set = set == NOT_READ ? read(row) : set;
        if (Jaccard.atLeast(near, set, others.set(k))) {
          sets.join(row, other);
          any = true;
        }
      }
    }
    return any;
  }

  /** Finds, for the rows of one cluster, those that stay, and what the others duplicate. */
  private int decide(long[] entries, int from, int to) {
    Window staying = new Window(entries, from, STAYING);
    for (int i = from; i < to; i++) {
      int row = (int) entries[i];
      if (!duplicates(row, staying)) {
        staying.add(entries[i]);
      }
    }
    return staying.size;
  }

  private boolean duplicates(int row, Window staying) {
    if (staying.size == 0) {
      return false;
    }
    int[] set = read(row);
    for (int k = 0; k < staying.size; k++) {
      if (Jaccard.atLeast(near, set, staying.set(k))) {
        original[row] = staying.row(k);
        return true;
      }
    }
    return false;
  }

  private int[] read(int row) {
    watch.check();
    return signatures.shingles(row);
  }

  /** The last few of a group's rows that were added, at the group's own front. */
  private final class Window {
    private final long[] entries;
    private final int from;
    private final int[][] shingles;
    private int size;
    private int next;

    Window(long[] entries, int from, int most) {
      this.entries = entries;
      this.from = from;
      this.shingles = new int[most][];
    }

    boolean full() {
      return size == shingles.length;
    }

    int row(int k) {
      return (int) entries[from + k];
    }

    int[] set(int k) {
      if (shingles[k] == NOT_READ) {
        shingles[k] = read(row(k));
      }
      return shingles[k];
    }

    void add(long entry) {
      int k = next;
      next = (k + 1) % shingles.length;
      size = Math.max(size, k + 1);
      entries[from + k] = entry;
      shingles[k] = NOT_READ;
    }
  }
}
