package dev.luthier.cli;

import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.generate.Generator;
import dev.luthier.generate.ModelLanguage;
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
      description = "The model's folder.")
  Path model = Path.of("");

  @Option(names = "--adapter", paramLabel = "DIR", description = "A PEFT adapter over it.")
  Optional<Path> adapter = Optional.empty();

  /** Loads them for use, in float32 on the processor unless the options say otherwise. */
  LoadedModel load(MachineOptions machine) {
    return load(machine, adapter);
  }

  /** Loads the model alone. */
  LoadedModel loadBase(MachineOptions machine) {
    return load(machine, Optional.empty());
  }

  private LoadedModel load(MachineOptions machine, Optional<Path> with) {
    Device device = new Device(machine.device.orElse("cpu")).check();
    Native.threads(machine.threads.orElse(0));
    return new ModelLoader(machine.computeDtype().orElse(ComputeDtype.FLOAT32), device)
        .load(model, with);
  }

  /** Reads the files that say how the model is spoken to. */
  ModelLanguage language(boolean raw) {
    return ModelLanguage.read(model, adapter, raw);
  }

  /** Loads the model to generate with. */
  Generator generator(MachineOptions machine, ModelLanguage language) {
    return new Generator(
        load(machine).decoder(), language.tokenizer(), language.defaults().stopIds());
  }
}
