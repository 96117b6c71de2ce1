package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OrderedWorkTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void results_come_in_order_on_the_adding_thread_from_no_more_threads_than_asked_for(int threads) {
    List<Integer> results = new ArrayList<>();
    Set<Thread> workers = ConcurrentHashMap.newKeySet();
    Set<Thread> takers = ConcurrentHashMap.newKeySet();
    try (OrderedWork<Integer, Integer> work =
        new OrderedWork<>(
            threads,
            item -> {
              workers.add(Thread.currentThread());
              return 2 * item;
            },
            result -> {
              takers.add(Thread.currentThread());
              results.add(result);
            })) {
      IntStream.range(0, 5000).forEach(work::add);
      work.finish();
    }
    assertThat(results)
        .containsExactlyElementsOf(IntStream.range(0, 5000).mapToObj(i -> 2 * i).toList());
    assertThat(takers).containsExactly(Thread.currentThread());
    assertThat(workers.size()).isBetween(1, threads);
  }

  @Test
  void the_adding_thread_works_while_the_others_are_busy() {
    CountDownLatch bothWork = new CountDownLatch(2);
    Set<Thread> workers = ConcurrentHashMap.newKeySet();
    List<Integer> results = new ArrayList<>();
    try (OrderedWork<Integer, Integer> work =
        new OrderedWork<>(2, item -> meet(item, workers, bothWork), results::add)) {
      IntStream.range(0, 1000).forEach(work::add);
      work.finish();
    }
    assertThat(results).hasSize(1000);
    assertThat(workers).hasSize(2).contains(Thread.currentThread());
  }

  /** Each thread stays in its first item until there are two of them. */
  private static int meet(int item, Set<Thread> workers, CountDownLatch bothWork) {
    if (workers.add(Thread.currentThread())) {
      bothWork.countDown();
      try {
        bothWork.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    return item;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void what_the_work_throws_comes_out(int threads) {
    try (OrderedWork<Integer, Integer> work =
        new OrderedWork<>(threads, item -> 10 / (item - 700), result -> {})) {
      assertThatThrownBy(
              () -> {
                IntStream.range(0, 1000).forEach(work::add);
                work.finish();
              })
          .isInstanceOf(ArithmeticException.class);
    }
  }
}
