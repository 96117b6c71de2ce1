package dev.luthier.data.duplicates;

import java.util.Arrays;

/**
 * Sets of rows that grow together (union-find with path halving; Tarjan and van Leeuwen 1984). A
 * set is named by its first row. Four bytes per row.
 */
final class DisjointSets {
  private final int[] parent;

  /** Each row alone. */
  DisjointSets(int rows) {
    parent = new int[rows];
    Arrays.setAll(parent, row -> row);
  }

  /** Returns the first row of the set that a row is in. */
  int first(int of) {
    int row = of;
    while (parent[row] != row) {
      parent[row] = parent[parent[row]];
      row = parent[row];
    }
    return row;
  }

  boolean together(int a, int b) {
    return first(a) == first(b);
  }

  void join(int a, int b) {
    int x = first(a);
    int y = first(b);
    parent[Math.max(x, y)] = Math.min(x, y);
  }
}
