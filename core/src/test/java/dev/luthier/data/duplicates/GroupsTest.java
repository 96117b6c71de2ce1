package dev.luthier.data.duplicates;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GroupsTest {
  private static final int ROWS = 10_000;

  /** Rows by key, as visits with a buffer of this capacity have them; the first row is kept. */
  private static Map<Integer, List<Integer>> visited(IntUnaryOperator key, int capacity) {
    Groups groups = new Groups(ROWS, new Watch(ROWS, (done, total) -> {}, () -> false), capacity);
    Map<Integer, List<Integer>> found = new TreeMap<>();
    groups.visit(
        (block, into) -> Arrays.setAll(into, i -> key.applyAsInt(block * KeyFile.BLOCK + i)),
        row -> row % 7 != 0,
        (entries, from, to) -> {
          List<Integer> rows =
              found.computeIfAbsent((int) (entries[from] >> 32), k -> new ArrayList<>());
          int kept = rows.isEmpty() ? 0 : 1;
          for (int i = from + kept; i < to; i++) {
            rows.add((int) entries[i]);
          }
          assertThat(entries[from])
              .isEqualTo((long) (int) (entries[from] >> 32) << 32 | rows.get(0));
          return 1;
        });
    return found;
  }

  private static Map<Integer, List<Integer>> expected(IntUnaryOperator key) {
    Map<Integer, List<Integer>> expected = new TreeMap<>();
    for (int row = 0; row < ROWS; row++) {
      if (row % 7 != 0) {
        expected.computeIfAbsent(key.applyAsInt(row), k -> new ArrayList<>()).add(row);
      }
    }
    expected.values().removeIf(rows -> rows.size() == 1);
    return expected;
  }

  @ParameterizedTest
  @ValueSource(ints = {1 << 20, 1000, 64})
  void every_row_is_in_the_group_of_its_key_unless_alone(int capacity) {
    IntUnaryOperator spread = row -> (int) Mix.of(row % 4000);
    assertThat(visited(spread, capacity)).isEqualTo(expected(spread));
  }

  /** Half of the rows share one key, and the rest of them few others beside it. */
  @ParameterizedTest
  @ValueSource(ints = {1 << 20, 1000, 64})
  void a_group_may_be_larger_than_the_buffer(int capacity) {
    IntUnaryOperator crowded = row -> row % 2 == 0 ? -5 : -5 - row % 90;
    assertThat(visited(crowded, capacity)).isEqualTo(expected(crowded));
  }
}
