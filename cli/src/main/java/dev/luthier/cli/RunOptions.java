package dev.luthier.cli;

import dev.luthier.recipe.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What every training verb takes: settings from a file, from flags, or both. */
final class RunOptions {
  @Option(names = "--config", paramLabel = "FILE", description = "Settings as YAML.")
  Optional<Path> config = Optional.empty();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "One setting, such as train.learningRate=1e-4; wins over --config.")
  List<String> set = new ArrayList<>();

  @Option(names = "--output", paramLabel = "DIR", description = "Where the result is written.")
  Optional<Path> output = Optional.empty();

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description =
          "adamw (default), adamw_8bit, paged_adamw, paged_adamw_8bit, sgd, adafactor or lion.")
  Optional<String> optimizer = Optional.empty();

  @Option(
      names = "--resume",
      description = "Go on from the newest checkpoint in --output; start over if there is none.")
  boolean resume;

  /** The settings so far: the file, then --set, then the flags that all verbs share. */
  Settings settings(MachineOptions machine) {
    Settings settings = new Settings();
    config.ifPresent(settings::file);
    set.forEach(settings::set);
    settings.set("output", output, "--output");
    settings.set("train.optimizer", optimizer, "--optimizer");
    settings.set("device", machine.device, "--device");
    settings.set("threads", machine.threads, "--threads");
    settings.set("train.dtype", machine.computeDtype(), "--dtype");
    return settings;
  }
}
