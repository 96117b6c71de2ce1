package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PackingTest {
  @Test
  void the_longest_document_opens_a_row_and_others_go_to_the_fullest_row_that_takes_them() {
    // 7 opens a row (3 left), 6 opens one (4 left), 4 fills the second, 3 fills the first
    assertThat(Packing.bestFit(new int[] {3, 7, 4, 6}, 10))
        .containsExactly(new int[] {1, 0}, new int[] {3, 2});
  }

  @Test
  void best_fit_prefers_the_fuller_of_two_rows_with_space() {
    // rows with 5 and 4 left: 4 goes to the row that has exactly 4
    assertThat(Packing.bestFit(new int[] {5, 6, 4}, 10))
        .containsExactly(new int[] {1, 2}, new int[] {0});
  }

  @Test
  void documents_of_equal_length_keep_their_order() {
    assertThat(Packing.bestFit(new int[] {5, 5, 5, 5}, 10))
        .containsExactly(new int[] {0, 1}, new int[] {2, 3});
  }

  @Test
  void a_document_longer_than_a_row_is_refused() {
    assertThatThrownBy(() -> Packing.bestFit(new int[] {1, 11}, 10))
        .hasMessage("document 1 has 11 tokens, a row takes 10");
  }

  @Property(tries = 200)
  void no_row_exceeds_the_length_and_every_document_stands_in_exactly_one(
      @ForAll @Size(max = 300) List<@IntRange(max = 64) Integer> lengths) {
    int[] array = lengths.stream().mapToInt(Integer::intValue).toArray();
    List<int[]> rows = Packing.bestFit(array, 64);
    List<Integer> seen = new ArrayList<>();
    int total = 0;
    for (int[] row : rows) {
      int sum = IntStream.of(row).map(i -> array[i]).sum();
      assertThat(sum).isLessThanOrEqualTo(64);
      total += sum;
      IntStream.of(row).forEach(seen::add);
    }
    assertThat(seen).hasSize(array.length).doesNotHaveDuplicates();
    assertThat(total).isEqualTo(IntStream.of(array).sum());
    int least = (total + 63) / 64;
    assertThat(rows.size()).isLessThanOrEqualTo(least * 11 / 9 + Math.max(least, 1) + 1);
  }

  @Property(tries = 500)
  void the_rows_are_those_of_the_algorithm_as_it_is_written_in_books(
      @ForAll @Size(max = 400) List<@IntRange(max = 40) Integer> lengths,
      @ForAll @IntRange(min = 40, max = 100) int maxLength) {
    int[] array = lengths.stream().mapToInt(Integer::intValue).toArray();
    assertThat(Packing.bestFit(array, maxLength))
        .containsExactly(byTheBook(array, maxLength).toArray(int[][]::new));
    assertThat(Packing.bestFit(array, Integer.MAX_VALUE)).hasSize(array.length == 0 ? 0 : 1);
  }

  /** Sorts the documents and keeps the rows in a tree by the space that they have left. */
  private static List<int[]> byTheBook(int[] lengths, int maxLength) {
    List<Integer> order =
        IntStream.range(0, lengths.length)
            .boxed()
            .sorted(Comparator.comparingInt((Integer i) -> -lengths[i]))
            .toList();
    List<List<Integer>> rows = new ArrayList<>();
    TreeMap<Integer, ArrayDeque<Integer>> bySpace = new TreeMap<>();
    for (int document : order) {
      Map.Entry<Integer, ArrayDeque<Integer>> fit = bySpace.ceilingEntry(lengths[document]);
      int space = fit == null ? maxLength : fit.getKey();
      int row = fit == null ? rows.size() : fit.getValue().removeFirst();
      if (fit == null) {
        rows.add(new ArrayList<>());
      } else if (fit.getValue().isEmpty()) {
        bySpace.remove(space);
      }
      rows.get(row).add(document);
      bySpace.computeIfAbsent(space - lengths[document], s -> new ArrayDeque<>()).addLast(row);
    }
    return rows.stream().map(row -> row.stream().mapToInt(Integer::intValue).toArray()).toList();
  }
}
