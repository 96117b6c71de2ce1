package dev.luthier.cli;

import dev.luthier.recipe.Settings;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where training begins. */
final class AdapterOption {
  @Option(
      names = "--adapter",
      paramLabel = "DIR",
      description = "An adapter to begin from, as sft writes it.")
  private Optional<Path> adapter = Optional.empty();

  void addTo(Settings settings) {
    settings.set("adapter", adapter, "--adapter");
  }
}
