package dev.luthier.data.prepare;

import dev.luthier.LuthierException;
import dev.luthier.data.Progress;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/**
 * Tells how far the work is, and asks whether it is to stop.
 *
 * @param work the folder in which it then waits to be gone on with
 */
record Watcher(Path work, Progress progress, BooleanSupplier cancelled) {
  private static final int EVERY = 500;

  /**
   * Called at each row.
   *
   * @param total 0 while it is not known
   * @throws LuthierException it is to stop
   */
  void at(String what, long done, long total) {
    check(what);
    if (done % EVERY == 0 || done == total) {
      progress.at(what, done, total);
    }
  }

  /** Called where a row takes long; else as {@link #at}. */
  void check(String what) {
    if (cancelled.getAsBoolean()) {
      throw new LuthierException(
          "Stopped while "
              + what
              + ". What is done is in "
              + work
              + "; the same command goes on from there.");
    }
  }
}
