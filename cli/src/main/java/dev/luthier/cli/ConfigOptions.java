package dev.luthier.cli;

import dev.luthier.recipe.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
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

  /** Set before a verb runs, if it was given settings. */
  private Consumer<Settings> resolver = settings -> {};

  void resolveWith(Consumer<Settings> inputs) {
    resolver = inputs;
  }

  /**
   * The settings so far: the file, then --set. What they name on the hub is fetched when they are
   * bound, since a flag may name something else.
   */
  Settings settings() {
    Settings settings = new Settings();
    config.ifPresent(settings::file);
    set.forEach(settings::set);
    return settings.resolveWith(resolver);
  }
}
