package dev.luthier.train;

import dev.luthier.checkpoint.TensorFiles;
import dev.luthier.format.DType;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Trained weights in one file, w.safetensors. */
record TensorFile(Map<String, Tensor> trained) implements TrainFiles {
  @Override
  public void writeExact(Path folder) {
    TensorFiles.write(folder.resolve("w.safetensors"), trained, Map.of());
  }

  @Override
  public void readExact(Path folder) {
    TensorFiles.readInto(folder.resolve("w.safetensors"), trained);
  }

  @Override
  public void writeResult(Path folder, DType stored) {
    writeExact(folder);
  }
}
