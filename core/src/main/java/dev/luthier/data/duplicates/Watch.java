package dev.luthier.data.duplicates;

import dev.luthier.LuthierException;
import java.util.function.BooleanSupplier;

/** Tells how far a search is, and ends it when that is wished. */
final class Watch {
  private final ClusterProgress progress;
  private final BooleanSupplier cancelled;
  private final long total;
  private long done;

  Watch(long total, ClusterProgress progress, BooleanSupplier cancelled) {
    this.total = total;
    this.progress = progress;
    this.cancelled = cancelled;
  }

  void advance(long by) {
    done += by;
    progress.at(done, total);
  }

  /**
   * Returns if the search may go on.
   *
   * @throws LuthierException if it may not
   */
  void check() {
    if (cancelled.getAsBoolean()) {
      throw new LuthierException("the search for duplicates was interrupted; nothing was decided");
    }
  }
}
