package dev.luthier.cli;

import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelLoader;
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
    Device device = new Device(machine.device.orElse("cpu")).check();
    Native.threads(machine.threads.orElse(0));
    return new ModelLoader(machine.computeDtype().orElse(ComputeDtype.FLOAT32), device)
        .load(model, adapter);
  }
}
