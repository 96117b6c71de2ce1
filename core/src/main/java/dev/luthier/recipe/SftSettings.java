package dev.luthier.recipe;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.data.DataSettings;
import dev.luthier.data.MaskSettings;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import dev.luthier.train.CheckpointSettings;
import dev.luthier.train.EvalSettings;
import dev.luthier.train.MemorySettings;
import dev.luthier.train.TrainSettings;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Supervised fine-tuning of a model.
 *
 * @param model the base model's folder
 * @param output the folder that the adapter, or the model, is written to
 * @param method lora, qlora or full
 * @param objective a source file or a jar with an {@link dev.luthier.train.Objective}
 * @param device cpu, cuda:N or mps
 * @param weights where the frozen base's matrices are between uses
 * @param memory how much of it the run may take
 * @param threads threads of one matrix product; 0 means one per core
 * @param data what is trained on
 * @param mask what an encoder guesses
 * @param tokens what the tokenizer gets more
 * @param train the loop
 * @param lora adapters; unused by full
 * @param quant how qlora holds the base
 * @param eval evaluation while training
 * @param checkpoint when to save
 * @param serve where the result is to be served
 */
public record SftSettings(
    @Setting(help = "the base model's folder (--model)") Path model,
    @Setting(help = "where the result is written (--output)") Path output,
    @Setting(
            help =
                "lora (an adapter) | qlora (an adapter over a quantized base) | full (all weights)",
            value = "lora")
        Method method,
    @Setting(
            help =
                "what is minimised: a .java file or a .jar with an Objective, FILE or FILE#CLASS;"
                    + " not set means cross-entropy (--objective)")
        Optional<String> objective,
    @Setting(help = "cpu | cuda:N | mps", value = "cpu") String device,
    @Setting(
            help =
                "resident | stream: frozen matrices stay on the disk, for models larger than memory",
            value = "resident")
        Weights weights,
    @Setting(help = "processor threads; 0 means one per core", value = "0") int threads,
    DataSettings data,
    MaskSettings mask,
    TokenSettings tokens,
    TrainSettings train,
    LoraSettings lora,
    QuantSettings quant,
    EvalSettings eval,
    CheckpointSettings checkpoint,
    MemorySettings memory,
    ServeSettings serve)
    implements RunSettings {

  /** Where the matrices of a frozen base are while their block does not run. */
  public enum Weights {
    /** In memory. */
    RESIDENT,
    /** On the disk; read ahead of each use. */
    STREAM;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Which weights are trained. */
  public enum Method {
    /** Low-rank adapters over a frozen base. */
    LORA(2e-4),
    /** Low-rank adapters over a frozen base in few bits. */
    QLORA(2e-4),
    /** Every weight. */
    FULL(2e-5);

    private final double learningRate;

    Method(double learningRate) {
      this.learningRate = learningRate;
    }

    /** The peak learning rate that suits it. */
    double learningRate() {
      return learningRate;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Checks what no group can check alone. */
  public SftSettings {
    Complaints complaints = new Complaints();
    SettingChecks.machine(complaints, threads, device);
    SettingChecks.trained(complaints, data.train(), train, method);
    complaints.unless(
        weights == Weights.RESIDENT || method == Method.LORA,
        "weights",
        weights,
        "only a frozen base in its own precision can be streamed: use method=lora");
    complaints.throwIfAny();
  }

  /** The same with other rows, or rows encoded otherwise. */
  SftSettings with(DataSettings data) {
    return new SftSettings(
        model,
        output,
        method,
        objective,
        device,
        weights,
        threads,
        data,
        mask,
        tokens,
        train,
        lora,
        quant,
        eval,
        checkpoint,
        memory,
        serve);
  }

  /** Returns the peak learning rate: the one given, or what suits method and optimizer. */
  @Override
  public double learningRate() {
    return train.peakRate(method.learningRate());
  }
}
