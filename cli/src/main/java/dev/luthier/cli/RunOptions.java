package dev.luthier.cli;

import dev.luthier.recipe.Settings;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What every training verb takes. */
final class RunOptions {
  @Mixin private final SettingOptions common = new SettingOptions();

  @Option(names = "--output", paramLabel = "DIR", description = "Where the result is written.")
  private Optional<Path> output = Optional.empty();

  @Option(
      names = "--resume",
      description = "Go on from the newest checkpoint in --output; start over if there is none.")
  boolean resume;

  /** The settings so far. */
  Settings settings(MachineOptions machine) {
    Settings settings = common.settings(machine);
    settings.set("output", output, "--output");
    return settings;
  }
}
