package dev.luthier.data.prepare;

import dev.luthier.LuthierException;
import dev.luthier.data.Progress;
import java.util.function.BooleanSupplier;

/** Tells how far the work is, and asks whether it is to stop. */
record Watcher(Progress progress, BooleanSupplier cancelled) {
  private static final int EVERY = 500;

  /**
   * Called at each row.
   *
   * @param total 0 while it is not known
   * @throws LuthierException it is to stop
   */
  void at(String what, long done, long total) {
    if (cancelled.getAsBoolean()) {
      throw new LuthierException(
          "Stopped while " + what + "; the same command goes on from there.");
    }
    if (done % EVERY == 0 || done == total) {
      progress.at(what, done, total);
    }
  }
}
