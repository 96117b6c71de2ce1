package dev.luthier.recipe;

import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.tensor.Memory;
import dev.luthier.train.StepPlanner;
import dev.luthier.train.Workload;
import java.util.Optional;

/** How a classifier's run is laid out in memory. */
final class ClassifierPlan {
  private ClassifierPlan() {}

  /**
   * @param model its outline
   * @param length T of the longest batch
   * @param rowBytes of rows in the process
   */
  static StepPlanner.Plan of(
      ClassifierSettings settings,
      Transformer model,
      Optional<LoraSettings> lora,
      int length,
      long rowBytes) {
    return StepPlanner.plan(
        new StepPlanner.Request(
            new Workload(
                model,
                lora,
                settings.asksQuant().or(() -> ModelLoader.quantization(settings.model())),
                settings.train(),
                settings.train().dtype(),
                length,
                rowBytes + Training.tokenizerBytes(settings.model())),
            false,
            settings.memory(),
            settings.output().resolve("saved-inputs.pages"),
            Memory.total()));
  }
}
