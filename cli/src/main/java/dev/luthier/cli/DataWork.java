package dev.luthier.cli;

import dev.luthier.LuthierException;
import dev.luthier.data.Progress;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Work on rows that takes a while: it is seen on stderr, and Ctrl-C ends it.
 *
 * @param <T> what it makes
 */
@FunctionalInterface
interface DataWork<T> {
  T run(Progress progress, BooleanSupplier cancelled);

  /**
   * Runs it.
   *
   * @return empty if it was interrupted; stderr says what that means
   */
  static <T> Optional<T> show(Console console, DataWork<T> work) {
    Interrupts interrupts = Interrupts.install(console, "at the next row");
    try (DataProgress progress = new DataProgress(console)) {
      return Optional.of(work.run(progress::at, interrupts));
    } catch (LuthierException e) {
      if (!interrupts.getAsBoolean()) {
        throw e;
      }
      console.err().println(e.getMessage());
      return Optional.empty();
    }
  }
}
