package dev.luthier.recipe;

import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.format.HfFolder;
import dev.luthier.model.Outline;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.Memory;
import dev.luthier.train.StepPlanner;
import dev.luthier.train.Workload;
import java.util.Optional;

/**
 * How a supervised run is laid out in memory.
 *
 * @param settings of the run
 * @param length T of its longest batch
 * @param blocks of the model
 * @param plan of its steps
 */
public record SftPlan(SftSettings settings, int length, int blocks, StepPlanner.Plan plan) {
  /**
   * Of a run with these settings. Its data are read; of the model, only the configuration.
   *
   * @throws dev.luthier.LuthierException if nothing fits the budget
   */
  public static SftPlan of(SftSettings settings) {
    return SftRun.plan(settings);
  }

  static SftPlan of(SftSettings settings, RunTokens tokens, SftData data, Optional<SftData> eval) {
    int length =
        Math.max(
            Training.longest(data.rows()),
            eval.map(SftData::rows).map(Training::longest).orElse(0));
    long bytes = data.bytes() + eval.map(SftData::bytes).orElse(0L);
    Optional<LoraSettings> lora =
        settings.method() == SftSettings.Method.FULL
            ? Optional.empty()
            : Optional.of(tokens.over(settings.lora()));
    Transformer model =
        Outline.of(
            ModelLoader.config(settings.model(), tokens.ids()),
            HfFolder.configName(settings.model()),
            lora);
    StepPlanner.Request request =
        new StepPlanner.Request(
            new Workload(
                model,
                lora,
                quant(settings).or(() -> ModelLoader.quantization(settings.model())),
                settings.train(),
                settings.train().dtype(),
                length,
                bytes + Training.tokenizerBytes(settings.model())),
            settings.weights() == SftSettings.Weights.STREAM,
            settings.memory(),
            settings.output().resolve("saved-inputs.pages"),
            Memory.total());
    return new SftPlan(settings, length, model.shape().blocks(), StepPlanner.plan(request));
  }

  /** How the settings ask for the base to be held. */
  static Optional<QuantSettings> quant(SftSettings settings) {
    return settings.method() == SftSettings.Method.QLORA
        ? Optional.of(settings.quant())
        : Optional.empty();
  }
}
