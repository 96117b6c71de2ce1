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
 * Learning from rewards: {@code grpo}, {@code rloo} and {@code ppo}.
 *
 * @param model the base model's folder
 * @param adapter an adapter to begin from
 * @param output the folder that the adapter, or the model, is written to
 * @param method lora, qlora or full
 * @param device cpu, cuda:N or mps
 * @param weights where the frozen base's matrices are between uses
 * @param threads threads of one matrix product; 0 means one per core
 * @param data prompts
 * @param reward what scores answers
 * @param rollout how answers are sampled
 * @param loss what is minimised
 * @param value what ppo expects of answers
 * @param train the loop; accumulation follows from the answers
 * @param lora a new adapter; unused by full and where one is given
 * @param quant how qlora holds the base
 * @param eval evaluation while training
 * @param checkpoint when to save
 * @param memory how much of it the run may take
 */
public record PolicyRunSettings(
    @Setting(help = "the base model's folder (--model)") Path model,
    @Setting(help = "an adapter to begin from, as sft writes it (--adapter)")
        Optional<Path> adapter,
    @Setting(help = "where the result is written (--output)") Path output,
    @Setting(
            help =
                "lora (an adapter) | qlora (an adapter over a quantized base) | full (all weights)",
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
    RewardSourceSettings reward,
    RolloutSettings rollout,
    PolicyLossSettings loss,
    ValueSettings value,
    TrainSettings train,
    LoraSettings lora,
    QuantSettings quant,
    EvalSettings eval,
    CheckpointSettings checkpoint,
    MemorySettings memory)
    implements TunedSettings {
  /** Of adapters; of all weights, a tenth. */
  private static final double RATE = 1e-5;

  /** Checks what no group can check alone. */
  public PolicyRunSettings {
    Complaints complaints = new Complaints();
    SettingChecks.machine(complaints, threads, device);
    SettingChecks.trained(complaints, data.train(), train, method);
    SettingChecks.tuned(complaints, weights, method, adapter, lora);
    complaints
        .unless(
            rollout.prompts() % loss.miniBatches() == 0,
            "loss.miniBatches",
            loss.miniBatches(),
            "must divide rollout.prompts (" + rollout.prompts() + ")")
        .unless(
            data.maxLength() > rollout.maxNewTokens(),
            "data.maxLength",
            data.maxLength(),
            "must leave room for a prompt before rollout.maxNewTokens ("
                + rollout.maxNewTokens()
                + ")")
        .throwIfAny();
  }

  /** Returns the peak learning rate: the one given, or what suits method and optimizer. */
  @Override
  public double learningRate() {
    return train.peakRate(method == SftSettings.Method.FULL ? RATE / 10 : RATE);
  }
}
