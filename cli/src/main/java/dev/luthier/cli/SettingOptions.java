package dev.luthier.cli;

import dev.luthier.recipe.Settings;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Settings of a training run: from a file, from flags, or both. */
final class SettingOptions {
  @Mixin private final ConfigOptions config = new ConfigOptions();

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
    Settings settings = config.settings();
    settings.set("train.optimizer", optimizer, "--optimizer");
    settings.set("memory.budget", budget, "--budget");
    settings.set("device", machine.device, "--device");
    settings.set("threads", machine.threads, "--threads");
    settings.set("train.dtype", machine.computeDtype(), "--dtype");
    return settings;
  }
}
