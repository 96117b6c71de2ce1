package dev.luthier.train;

import java.nio.file.Path;

/**
 * How a run's weights are written and read back; the loop does not know whether they are an adapter
 * or a model.
 */
public interface TrainFiles {
  /**
   * Writes the trained weights exactly (float32) into an existing folder, in a form that loads as a
   * model or adapter.
   */
  void writeExact(Path folder);

  /** Reads back what {@link #writeExact} wrote, into the same parameters. */
  void readExact(Path folder);
}
