package dev.luthier.data;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

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
   * O(n log n).
   *
   * @param lengths token counts of the documents
   * @param maxLength tokens that a row takes
   * @return rows of indices into {@code lengths}; in a row longer documents stand first, and rows
   *     stand in the order in which they were opened
   * @throws IllegalArgumentException a document longer than a row
   */
  public static List<int[]> bestFit(int[] lengths, int maxLength) {
    List<Integer> order = new ArrayList<>(lengths.length);
    for (int i = 0; i < lengths.length; i++) {
      if (lengths[i] > maxLength) {
        throw new IllegalArgumentException(
            "document " + i + " has " + lengths[i] + " tokens, a row takes " + maxLength);
      }
      order.add(i);
    }
    order.sort(Comparator.comparingInt((Integer i) -> -lengths[i]));
    List<List<Integer>> rows = new ArrayList<>();
    TreeMap<Integer, ArrayDeque<Integer>> bySpace = new TreeMap<>();
    for (int document : order) {
      int length = lengths[document];
      Map.Entry<Integer, ArrayDeque<Integer>> fit = bySpace.ceilingEntry(length);
      int row;
      int space;
      if (fit == null) {
        row = rows.size();
        space = maxLength;
        rows.add(new ArrayList<>());
      } else {
        row = fit.getValue().removeFirst();
        space = fit.getKey();
        if (fit.getValue().isEmpty()) {
          bySpace.remove(space);
        }
      }
      rows.get(row).add(document);
      bySpace.computeIfAbsent(space - length, s -> new ArrayDeque<>()).addLast(row);
    }
    return rows.stream().map(row -> row.stream().mapToInt(Integer::intValue).toArray()).toList();
  }

  /** One document per row, in order: no packing. */
  public static List<int[]> none(int documents) {
    List<int[]> rows = new ArrayList<>(documents);
    for (int i = 0; i < documents; i++) {
      rows.add(new int[] {i});
    }
    return rows;
  }
}
