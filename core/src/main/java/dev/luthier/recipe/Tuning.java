package dev.luthier.recipe;

import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.checkpoint.TrainingBase;
import dev.luthier.format.HfFolder;
import dev.luthier.model.Outline;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Memory;
import dev.luthier.train.StepPlanner;
import dev.luthier.train.TrainFiles;
import dev.luthier.train.Workload;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What a run tunes: all weights of a model, or an adapter over it, which is new or was begun
 * before. Nothing is dropped out: what the model says must be the same each time it is asked.
 */
final class Tuning {
  private final TunedSettings settings;
  private final Optional<LoraSettings> lora;

  Tuning(TunedSettings settings) {
    this.settings = settings;
    this.lora =
        settings.method() == SftSettings.Method.FULL
            ? Optional.empty()
            : Optional.of(
                settings
                    .adapter()
                    .map(a -> AdapterConfig.read(HfFolder.adapter(a)).lora())
                    .orElse(settings.lora())
                    .withoutDropout());
  }

  /** The model without weights. */
  Transformer outline() {
    Path model = settings.model();
    return Outline.of(ModelLoader.config(model), HfFolder.configName(model), lora);
  }

  /**
   * How the run is laid out in memory.
   *
   * @param length T of the longest batch
   * @param bytes what else there is: rows, and what the recipe keeps
   */
  StepPlanner.Plan plan(Transformer outline, int length, long bytes) {
    return StepPlanner.plan(
        new StepPlanner.Request(
            new Workload(
                outline,
                lora,
                quant().or(() -> ModelLoader.quantization(settings.model())),
                settings.train(),
                settings.train().dtype(),
                length,
                bytes + Training.tokenizerBytes(settings.model())),
            settings.weights() == SftSettings.Weights.STREAM,
            settings.memory(),
            settings.output().resolve("saved-inputs.pages"),
            Memory.total()));
  }

  /**
   * Loads what is trained.
   *
   * @param stream whether frozen matrices stay on the disk
   */
  LoadedModel load(boolean stream) {
    ModelLoader loader = loader(stream);
    if (lora.isEmpty()) {
      return loader.full(settings.model());
    }
    return settings
        .adapter()
        .map(a -> loader.lora(settings.model(), HfFolder.adapter(a), lora.get()))
        .orElseGet(() -> loader.lora(settings.model(), lora.get(), settings.train().seed()));
  }

  /** Loads models as this run computes. */
  ModelLoader loader(boolean stream) {
    return new ModelLoader(
        settings.train().dtype(), new Device(settings.device()).check(), quant(), stream);
  }

  /** How the settings ask for the base to be held. */
  Optional<QuantSettings> quant() {
    return settings.method() == SftSettings.Method.QLORA
        ? Optional.of(settings.quant())
        : Optional.empty();
  }

  /**
   * The result's files.
   *
   * @param hashes of what the run reads, {@code model} among them
   */
  TrainFiles files(LoadedModel model, Map<String, String> hashes) {
    return lora.isEmpty()
        ? TrainFiles.model(model)
        : Training.adapterFiles(model, settings.model(), hashes, settings.train().dtype(), quant());
  }

  /**
   * Refuses an adapter of another base.
   *
   * @param hash of the model
   */
  void checkBase(String hash) {
    settings.adapter().ifPresent(a -> TrainingBase.check(settings.model(), a, () -> hash));
  }
}
