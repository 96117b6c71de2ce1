package dev.luthier.cli;

import dev.luthier.recipe.Settings;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What a policy is held against. */
final class ReferenceOption {
  @Option(
      names = "--reference",
      paramLabel = "WHICH",
      description =
          "What answers are held against: base, adapter (the one to begin from), the folder of"
              + " another model or adapter, or none; what training begins from by default.")
  private Optional<String> reference = Optional.empty();

  void addTo(Settings settings) {
    settings.set("reference.model", reference, "--reference");
  }
}
