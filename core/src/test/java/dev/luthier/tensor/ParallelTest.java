package dev.luthier.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ParallelTest {
  @Test
  void every_index_is_met_once_in_parts_that_begin_at_multiples_of_the_step() {
    AtomicIntegerArray met = new AtomicIntegerArray(1003);
    Parallel.ranges(
        1003,
        10,
        (from, to) -> {
          assertThat(from % 10).isZero();
          for (long i = from; i < to; i++) {
            met.incrementAndGet((int) i);
          }
        });
    for (int i = 0; i < 1003; i++) {
      assertThat(met.get(i)).isEqualTo(1);
    }
  }

  @Test
  void nothing_to_do_is_done() {
    Parallel.ranges(0, 10, (from, to) -> assertThat(to).isNegative());
  }

  @Test
  void what_a_part_throws_is_thrown_when_no_thread_works_on() {
    AtomicLong working = new AtomicLong();
    assertThatThrownBy(
            () ->
                Parallel.ranges(
                    100,
                    1,
                    (from, to) -> {
                      working.incrementAndGet();
                      try {
                        Thread.sleep(1);
                        if (from == 13) {
                          throw new IllegalStateException("thirteen");
                        }
                      } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                      } finally {
                        working.decrementAndGet();
                      }
                    }))
        .hasMessage("thirteen");
    assertThat(working).hasValue(0);
  }
}
