package dev.luthier.cli;

import dev.luthier.recipe.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Settings of a training run: from a file, from flags, or both. */
final class SettingOptions {
  @Option(names = "--config", paramLabel = "FILE", description = "Settings as YAML.")
  private Optional<Path> config = Optional.empty();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "One setting, such as train.learningRate=1e-4; wins over --config.")
  private List<String> set = new ArrayList<>();

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description =
          "adamw (default), adamw_8bit, paged_adamw, paged_adamw_8bit, sgd, adafactor or lion.")
  private Optional<String> optimizer = Optional.empty();

  @Option(
      names = "--budget",
      paramLabel = "SIZE",
      description = "The most memory that the process may take, such as 8GB.")
  private Optional<String> budget = Optional.empty();

  /** The settings so far: the file, then --set, then the flags that all verbs share. */
  Settings settings(MachineOptions machine) {
    Settings settings = new Settings();
    config.ifPresent(settings::file);
    set.forEach(settings::set);
    settings.set("train.optimizer", optimizer, "--optimizer");
    settings.set("memory.budget", budget, "--budget");
    settings.set("device", machine.device, "--device");
    settings.set("threads", machine.threads, "--threads");
    settings.set("train.dtype", machine.computeDtype(), "--dtype");
    return settings;
  }
}
