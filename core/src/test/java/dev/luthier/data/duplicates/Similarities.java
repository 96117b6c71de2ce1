package dev.luthier.data.duplicates;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Jaccard similarities by sets of substrings, with nothing hashed away: the oracle. */
final class Similarities {
  private final int[][] sets;

  /**
   * @param length characters in a shingle
   */
  Similarities(List<String> texts, int length) {
    Map<String, Integer> numbers = new HashMap<>();
    sets = new int[texts.size()][];
    for (int row = 0; row < sets.length; row++) {
      String normal = TextNormal.WORDS.apply(texts.get(row));
      Set<Integer> set = new HashSet<>();
      int first = Math.min(length, normal.length());
      for (int i = 0; i + first <= normal.length(); i++) {
        set.add(numbers.computeIfAbsent(normal.substring(i, i + first), s -> numbers.size()));
      }
      sets[row] = set.stream().mapToInt(Integer::intValue).sorted().toArray();
    }
  }

  /** Whether two rows are at least this similar. */
  boolean atLeast(double similarity, int a, int b) {
    int small = Math.min(sets[a].length, sets[b].length);
    int large = Math.max(sets[a].length, sets[b].length);
    return small >= similarity * large && of(sets[a], sets[b]) >= similarity;
  }

  private static double of(int[] a, int[] b) {
    int shared = 0;
    int i = 0;
    int j = 0;
    while (i < a.length && j < b.length) {
      if (a[i] == b[j]) {
        shared++;
        i++;
        j++;
      } else if (a[i] < b[j]) {
        i++;
      } else {
        j++;
      }
    }
    return (double) shared / (a.length + b.length - shared);
  }
}
