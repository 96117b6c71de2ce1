package dev.luthier.recipe;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.data.labels.LabelSettings;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import dev.luthier.train.CheckpointSettings;
import dev.luthier.train.EvalSettings;
import dev.luthier.train.MemorySettings;
import dev.luthier.train.TrainSettings;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model that gives labels: of texts, several at once, numbers, or of words.
 *
 * @param model the base model's folder
 * @param output the folder that the result is written to
 * @param method full, lora or qlora; the head is trained in full by all of them
 * @param device cpu, cuda:N or mps
 * @param threads threads of one matrix product; 0 means one per core
 * @param data rows with labels
 * @param tokens what the tokenizer gets more
 * @param train the loop
 * @param lora adapters; unused by full
 * @param quant how qlora holds the base
 * @param eval evaluation while training
 * @param checkpoint when to save
 * @param memory how much of it the run may take
 */
public record ClassifierSettings(
    @Setting(help = "the base model's folder (--model)") Path model,
    @Setting(help = "where the result is written (--output)") Path output,
    @Setting(
            help =
                "full (all weights) | lora (an adapter) | qlora (an adapter over a quantized base);"
                    + " the head is always trained",
            value = "full")
        SftSettings.Method method,
    @Setting(help = "cpu | cuda:N | mps", value = "cpu") String device,
    @Setting(help = "processor threads; 0 means one per core", value = "0") int threads,
    LabelSettings data,
    TokenSettings tokens,
    TrainSettings train,
    LoraSettings lora,
    QuantSettings quant,
    EvalSettings eval,
    CheckpointSettings checkpoint,
    MemorySettings memory)
    implements RunSettings {
  /** Checks what no group can check alone. */
  public ClassifierSettings {
    Complaints complaints = new Complaints();
    SettingChecks.machine(complaints, threads, device);
    SettingChecks.trained(complaints, data.train(), train, method);
    complaints.unless(
        eval.everySteps() == 0 || data.eval().isPresent() || data.evalShare() > 0,
        "eval.everySteps",
        eval.everySteps(),
        "needs --eval-data FILE or data.evalShare above 0");
    complaints.throwIfAny();
  }

  /** Returns the peak learning rate: the one given, or what suits method and optimizer. */
  @Override
  public double learningRate() {
    return train.peakRate(method.learningRate());
  }

  boolean isFull() {
    return method == SftSettings.Method.FULL;
  }

  /** How the settings ask for the base to be held. */
  Optional<QuantSettings> asksQuant() {
    return method == SftSettings.Method.QLORA ? Optional.of(quant) : Optional.empty();
  }
}
