package dev.luthier.train;

import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.TrainingBase;
import dev.luthier.format.DType;
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

  /**
   * Writes the result of a run.
   *
   * @param stored what the weights of a whole model are stored in; adapters are always float32
   */
  void writeResult(Path folder, DType stored);

  /** For an adapter under training, over the base that its files will name. */
  static TrainFiles adapter(LoadedModel model, TrainingBase base) {
    return new AdapterFiles(model, base);
  }

  /** For a model of which all weights are trained. */
  static TrainFiles model(LoadedModel model) {
    return new ModelWeights(model);
  }
}
