package dev.luthier.data;

import dev.luthier.LuthierException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Applies a function to items on several threads and hands the results over in the order of the
 * items, on the thread that adds them, which is one of those threads: where it would have to wait
 * it works, too. Only a few chunks are in flight, so that what comes in and what goes out never
 * exist all at once. The results do not depend on the number of threads.
 */
public final class OrderedWork<I, O> implements AutoCloseable {
  /** Items that one thread takes at a time. */
  private static final int CHUNK = 64;

  private final int helpers;
  private final ExecutorService pool;
  private final Function<I, O> work;
  private final Consumer<O> sink;
  private final int mostAhead;
  private final ArrayDeque<FutureTask<List<O>>> ahead = new ArrayDeque<>();
  private List<I> chunk = new ArrayList<>();

  /**
   * @param threads that work, the one that adds items among them
   * @param work safe for use by several threads; what it throws comes out of {@link #add} or {@link
   *     #finish}
   */
  public OrderedWork(int threads, Function<I, O> work, Consumer<O> sink) {
    this.helpers = threads - 1;
    this.pool = Executors.newFixedThreadPool(Math.max(1, helpers));
    this.work = work;
    this.sink = sink;
    this.mostAhead = 4 * threads;
  }

  /** Takes one more item; may hand over results of earlier ones. */
  public void add(I item) {
    chunk.add(item);
    if (chunk.size() == CHUNK) {
      submit();
      while (ahead.size() > mostAhead || (!ahead.isEmpty() && ahead.element().isDone())) {
        deliver();
      }
    }
  }

  /** Waits for everything and hands it over. */
  public void finish() {
    submit();
    while (!ahead.isEmpty()) {
      deliver();
    }
  }

  private void submit() {
    List<I> items = chunk;
    chunk = new ArrayList<>();
    FutureTask<List<O>> task = new FutureTask<>(() -> items.stream().map(work).toList());
    ahead.add(task);
    if (helpers > 0) {
      pool.execute(task);
    }
  }

  /** Works on chunks that nobody has begun until the oldest is done or all are begun. */
  private void help() {
    Iterator<FutureTask<List<O>>> tasks = ahead.iterator();
    while (!ahead.element().isDone() && tasks.hasNext()) {
      tasks.next().run(); // does nothing where the chunk has been begun
    }
  }

  private void deliver() {
    help();
    try {
      ahead.remove().get().forEach(sink);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LuthierException("Interrupted while working on the data.", e);
    }
  }

  /** Stops the threads; what was not handed over is lost. */
  @Override
  public void close() {
    pool.shutdownNow();
  }
}
