package dev.luthier.hub;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;

/** Work on several threads that ends together: after {@link #join} none of it runs any more. */
final class Tasks {
  private final ExecutorService threads;
  private final List<Future<?>> all = new ArrayList<>();
  private final Phaser running = new Phaser(1);

  /**
   * @param threads run the tasks; shared with others, and not shut down here
   */
  Tasks(ExecutorService threads) {
    this.threads = threads;
  }

  /** So many threads, which do not keep a program alive. */
  static ExecutorService threads(int number, String name) {
    return Executors.newFixedThreadPool(
        number,
        work -> {
          Thread thread = new Thread(work, name);
          thread.setDaemon(true);
          return thread;
        });
  }

  void add(Callable<?> task) {
    all.add(
        threads.submit(
            () -> {
              running.register();
              try {
                return task.call();
              } finally {
                running.arriveAndDeregister();
              }
            }));
  }

  /**
   * Waits for all; the first failure, in their order, interrupts the others and is thrown.
   *
   * @throws IOException when a task failed with one
   */
  void join() throws IOException {
    try {
      for (Future<?> task : all) {
        task.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw new LuthierException("a transfer failed: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LuthierException("the transfer was interrupted", e);
    } finally {
      all.forEach(task -> task.cancel(true));
      running.arriveAndAwaitAdvance();
    }
  }
}
