package dev.luthier.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Java loops over large arrays, on as many threads as one operator of libtorch may use. The threads
 * are daemons and end after a minute without work.
 */
public final class Parallel {
  private static final ExecutorService THREADS =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "luthier-parallel");
            thread.setDaemon(true);
            return thread;
          });

  private Parallel() {}

  /** A part of a loop. It may run on another thread, where no scope and no Grad switch is set. */
  public interface Range {
    /** Does the work from one index (inclusive) to another (exclusive). */
    void run(long from, long to);
  }

  /**
   * Runs a loop from 0 to total, cut at multiples of step; parts run in any order and at the same
   * time. Returns when all threads are done with it, also when a part has failed.
   *
   * @param step large enough that a part takes some tens of microseconds
   * @throws RuntimeException what a part has thrown
   */
  public static void ranges(long total, long step, Range body) {
    long parts = (total + step - 1) / step;
    AtomicLong next = new AtomicLong();
    Runnable worker =
        () -> {
          for (long part = next.getAndIncrement(); part < parts; part = next.getAndIncrement()) {
            body.run(part * step, Math.min(total, (part + 1) * step));
          }
        };
    List<CompletableFuture<Void>> workers = new ArrayList<>();
    for (long i = 1; i < Math.min(Native.threads(), parts); i++) {
      workers.add(CompletableFuture.runAsync(worker, THREADS));
    }
    workers.add(CompletableFuture.runAsync(worker, Runnable::run));
    join(CompletableFuture.allOf(workers.toArray(CompletableFuture<?>[]::new)));
  }

  /**
   * Waits for what another thread computes.
   *
   * @return its result
   * @throws RuntimeException what was thrown there
   */
  public static <T> T join(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e;
    }
  }
}
