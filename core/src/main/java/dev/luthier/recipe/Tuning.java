package dev.luthier.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.HeadConfig;
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
import dev.luthier.train.TrainSettings;
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
  private final Optional<HeadConfig> head;
  private final Optional<LoraSettings> lora;

  /** Of a language model. */
  Tuning(TunedSettings settings) {
    this(settings, Optional.empty());
  }

  /**
   * Of a model with this head, which its files need not have; an adapter trains it in full.
   *
   * @param head empty for the model's own
   */
  Tuning(TunedSettings settings, Optional<HeadConfig> head) {
    this.settings = settings;
    this.head = head;
    this.lora =
        settings.method() == SftSettings.Method.FULL
            ? Optional.empty()
            : Optional.of(
                settings
                    .adapter()
                    .map(a -> AdapterConfig.read(HfFolder.adapter(a)).lora())
                    .orElseGet(this::fresh)
                    .withoutDropout());
  }

  private LoraSettings fresh() {
    return head.map(h -> settings.lora().saving(ModelLoader.headModules(settings.model(), h)))
        .orElse(settings.lora());
  }

  /** The model's configuration, with the head. */
  ObjectNode config() {
    ObjectNode config = ModelLoader.config(settings.model());
    return head.map(h -> h.over(config)).orElse(config);
  }

  /** The model without weights. */
  Transformer outline() {
    return Outline.of(config(), HfFolder.configName(settings.model()), lora);
  }

  /**
   * How the run is laid out in memory.
   *
   * @param length T of the longest batch
   * @param bytes what else there is: rows, and what the recipe keeps
   */
  StepPlanner.Plan plan(Transformer outline, int length, long bytes) {
    return plan(settings.train(), outline, length, bytes);
  }

  /** The same with other micro-batches than the settings'. */
  StepPlanner.Plan plan(TrainSettings train, Transformer outline, int length, long bytes) {
    return StepPlanner.plan(
        new StepPlanner.Request(
            new Workload(
                outline,
                lora,
                quant().or(() -> ModelLoader.quantization(settings.model())),
                train,
                train.dtype(),
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
    long seed = settings.train().seed();
    Path model = settings.model();
    if (lora.isEmpty()) {
      return head.map(h -> loader.full(model, h, seed)).orElseGet(() -> loader.full(model));
    }
    return settings
        .adapter()
        .map(a -> loader.lora(model, HfFolder.adapter(a), lora.get()))
        .orElseGet(
            () ->
                head.map(h -> loader.lora(model, h, lora.get(), seed))
                    .orElseGet(() -> loader.lora(model, lora.get(), seed)));
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
