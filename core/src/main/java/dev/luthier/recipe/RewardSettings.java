package dev.luthier.recipe;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.data.DataSettings;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import dev.luthier.train.CheckpointSettings;
import dev.luthier.train.EvalSettings;
import dev.luthier.train.MemorySettings;
import dev.luthier.train.TrainSettings;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model that scores answers, from pairs.
 *
 * @param model the base model's folder
 * @param output the folder that the result is written to
 * @param method lora, qlora or full; the head is trained in full by all of them
 * @param device cpu, cuda:N or mps
 * @param weights where the frozen base's matrices are between uses
 * @param threads threads of one matrix product; 0 means one per core
 * @param data what is trained on
 * @param loss what is minimised
 * @param train the loop
 * @param lora the adapter; unused by full
 * @param quant how qlora holds the base
 * @param eval evaluation while training
 * @param checkpoint when to save
 * @param memory how much of it the run may take
 */
public record RewardSettings(
    @Setting(help = "the base model's folder (--model)") Path model,
    @Setting(help = "where the result is written (--output)") Path output,
    @Setting(
            help =
                "lora (an adapter) | qlora (an adapter over a quantized base) | full (all weights);"
                    + " the head is always trained",
            value = "lora")
        SftSettings.Method method,
    @Setting(help = "cpu | cuda:N | mps", value = "cpu") String device,
    @Setting(
            help =
                "resident | stream: frozen matrices stay on the disk, for models larger than memory",
            value = "resident")
        SftSettings.Weights weights,
    @Setting(help = "processor threads; 0 means one per core", value = "0") int threads,
    DataSettings data,
    RewardLossSettings loss,
    TrainSettings train,
    LoraSettings lora,
    QuantSettings quant,
    EvalSettings eval,
    CheckpointSettings checkpoint,
    MemorySettings memory)
    implements TunedSettings {
  /** Checks what no group can check alone. */
  public RewardSettings {
    Complaints complaints = new Complaints();
    SettingChecks.machine(complaints, threads, device);
    SettingChecks.trained(complaints, data.train(), train, method);
    SettingChecks.tuned(complaints, weights, method, Optional.empty(), lora);
    SettingChecks.whole(complaints, data);
    complaints.throwIfAny();
  }

  /** Returns nothing: a reward model begins from its base. */
  @Override
  public Optional<Path> adapter() {
    return Optional.empty();
  }

  /** Returns the peak learning rate: the one given, or what suits method and optimizer. */
  @Override
  public double learningRate() {
    return train.peakRate(method.learningRate());
  }
}
