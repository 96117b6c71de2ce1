package dev.luthier.cli;

import dev.luthier.LuthierException;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.format.ModelCard;
import dev.luthier.generate.Generator;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Native;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The model to use, and an adapter over it. */
final class ModelOptions {
  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "The model's folder, or a .gguf file.")
  Path model = Path.of("");

  @Option(names = "--adapter", paramLabel = "DIR", description = "A PEFT adapter over it.")
  Optional<Path> adapter = Optional.empty();

  @Option(
      names = "--base",
      paramLabel = "WHICH",
      description =
          "With an adapter: trained (default), the model quantized as it was in the adapter's"
              + " training, or original, the model as it is stored.")
  private Base base = Base.TRAINED;

  @Option(
      names = "--keep-quantized",
      description =
          "Matrices that the model's .gguf file holds in few bits stay so in memory, and are"
              + " dequantized each time they are used.")
  private boolean keepQuantized;

  /** How a model is held below an adapter. */
  enum Base {
    TRAINED,
    ORIGINAL
  }

  /** Loads them for use, in float32 on the processor unless the options say otherwise. */
  LoadedModel load(MachineOptions machine, Console console) {
    ModelLoader stored = loader(machine);
    if (adapter.isEmpty() || base == Base.ORIGINAL) {
      return stored.load(model, adapter);
    }
    ModelLoader trained = stored.asTrained(model, adapter.get());
    trained
        .quant()
        .ifPresent(
            q ->
                console
                    .err()
                    .println(
                        "the base is quantized as in the adapter's training ("
                            + q.words()
                            + "); --base original leaves it as it is stored"));
    return trained.load(model, adapter);
  }

  /** Loads the model alone, as it is stored. */
  LoadedModel loadBase(MachineOptions machine) {
    return loader(machine).load(model);
  }

  private ModelLoader loader(MachineOptions machine) {
    Device device = new Device(machine.device.orElse("cpu")).check();
    Native.threads(machine.threads.orElse(0));
    return new ModelLoader(
        machine.computeDtype().orElse(ComputeDtype.FLOAT32),
        device,
        keepQuantized ? Optional.of(QuantSettings.stored()) : Optional.empty());
  }

  /** Reads the files that say how the model is spoken to. */
  ModelLanguage language(boolean raw) {
    return ModelLanguage.read(model, adapter, raw);
  }

  /**
   * The same of a model that writes.
   *
   * @throws LuthierException if it does not, saying how it is used
   */
  ModelLanguage writing(boolean raw) {
    ModelLanguage language = language(raw);
    ModelCard.Use use =
        adapter.map(a -> ModelFiles.use(model, a)).orElseGet(() -> ModelFiles.use(model));
    if (use != ModelCard.Use.TEXT && use != ModelCard.Use.SOURCE_TARGET) {
      String named = "--model " + model + adapter.map(a -> " --adapter " + a).orElse("");
      throw new LuthierException(
          model
              + " writes no text; use it with: "
              + use.command(named)
              + ". See docs/troubleshooting.md#writes-no-text");
    }
    return language;
  }

  /** Loads the model to generate with. */
  Generator generator(MachineOptions machine, ModelLanguage language, Console console) {
    return new Generator(
        load(machine, console).transformer(), language.tokenizer(), language.defaults().stopIds());
  }
}
