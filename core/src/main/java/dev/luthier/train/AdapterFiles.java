package dev.luthier.train;

import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.Adapters;
import dev.luthier.checkpoint.HeadConfig;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.TrainingBase;
import dev.luthier.format.DType;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** The trained weights are an adapter: a PEFT folder, float32. */
final class AdapterFiles implements TrainFiles {
  private final AdapterConfig config;
  private final TrainingBase base;
  private final Optional<HeadConfig> head;
  private final Map<String, Tensor> trained;

  AdapterFiles(LoadedModel model, TrainingBase base) {
    this.config = base.adapterConfig(model.lora().orElseThrow()).of(model.transformer());
    this.head = HeadConfig.of(model.config());
    this.base = base;
    this.trained = Trainables.of(model.transformer());
  }

  @Override
  public void writeExact(Path folder) {
    Adapters.write(folder, config, trained);
    base.write(folder);
    head.ifPresent(h -> h.write(folder));
  }

  @Override
  public void readExact(Path folder) {
    Adapters.readInto(folder, trained);
  }

  @Override
  public void writeResult(Path folder, DType stored) {
    writeExact(folder);
  }
}
