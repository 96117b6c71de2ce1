package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class DataOrderTest {
  @Test
  void an_epoch_shows_every_row_once() {
    DataOrder order = new DataOrder(23, 2, 3, 7, true);
    assertThat(order.stepsPerEpoch()).isEqualTo(4);
    List<Integer> seen = new ArrayList<>();
    for (int step = 4; step < 8; step++) {
      assertThat(order.epochOf(step)).isEqualTo(1);
      order.step(step).forEach(batch -> Arrays.stream(batch).forEach(seen::add));
    }
    assertThat(seen).hasSize(23).doesNotHaveDuplicates();
  }

  @Test
  void the_last_step_of_an_epoch_takes_what_is_left() {
    List<int[]> last = new DataOrder(23, 2, 3, 7, true).step(3);
    assertThat(last).extracting(b -> b.length).containsExactly(2, 2, 1);
  }

  @Test
  void epochs_and_seeds_differ_and_the_same_pair_agrees() {
    DataOrder order = new DataOrder(100, 4, 1, 1, true);
    assertThat(order.permutation(0)).isEqualTo(new DataOrder(100, 1, 8, 1, true).permutation(0));
    assertThat(order.permutation(0)).isNotEqualTo(order.permutation(1));
    assertThat(order.permutation(0)).isNotEqualTo(new DataOrder(100, 4, 1, 2, true).permutation(0));
  }

  @Test
  void the_order_is_the_same_in_every_release() {
    assertThat(new DataOrder(10, 1, 1, 42, true).permutation(3)).containsExactly(PINNED);
  }

  private static final int[] PINNED = {9, 1, 6, 3, 0, 4, 5, 2, 8, 7};

  @Test
  void micro_batch_and_accumulation_do_not_change_the_rows_of_a_step() {
    for (int step = 0; step < 6; step++) {
      assertThat(rows(8, 1, step)).isEqualTo(rows(4, 2, step)).isEqualTo(rows(1, 8, step));
    }
  }

  @Test
  void without_shuffling_rows_come_in_order() {
    assertThat(new DataOrder(5, 2, 1, 9, false).step(4).get(0)).containsExactly(2, 3);
  }

  private static List<Integer> rows(int microBatch, int accumulation, int step) {
    List<Integer> rows = new ArrayList<>();
    new DataOrder(20, microBatch, accumulation, 5, true)
        .step(step)
        .forEach(batch -> Arrays.stream(batch).forEach(rows::add));
    return rows;
  }
}
