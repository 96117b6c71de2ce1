package dev.luthier.cli;

import dev.luthier.recipe.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Settings from a file, and single ones. */
final class ConfigOptions {
  @Option(names = "--config", paramLabel = "FILE", description = "Settings as YAML.")
  private Optional<Path> config = Optional.empty();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "One setting, such as data.maxLength=512; wins over --config.")
  private List<String> set = new ArrayList<>();

  /** The settings so far: the file, then --set. */
  Settings settings() {
    Settings settings = new Settings();
    config.ifPresent(settings::file);
    set.forEach(settings::set);
    return settings;
  }
}
