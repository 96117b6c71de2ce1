package dev.luthier.train;

import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.format.DType;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** The trained weights are a whole model: a Hugging Face folder. */
final class ModelWeights implements TrainFiles {
  private final LoadedModel model;
  private final Map<String, Tensor> trained;

  ModelWeights(LoadedModel model) {
    this.model = model;
    this.trained = Trainables.of(model.transformer());
  }

  @Override
  public void writeExact(Path folder) {
    writeResult(folder, DType.F32);
  }

  @Override
  public void readExact(Path folder) {
    ModelFiles.readInto(folder, trained);
  }

  @Override
  public void writeResult(Path folder, DType stored) {
    ModelFiles.write(folder, model.config(), trained, stored);
  }
}
