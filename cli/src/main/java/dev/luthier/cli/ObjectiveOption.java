package dev.luthier.cli;

import dev.luthier.recipe.Settings;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What is minimised over tokens. */
final class ObjectiveOption {
  @Option(
      names = "--objective",
      paramLabel = "FILE[#CLASS]",
      description =
          "What is minimised, in place of cross-entropy: a .java file or a .jar with an Objective.")
  private Optional<String> objective = Optional.empty();

  void addTo(Settings settings) {
    settings.set("objective", objective, "--objective");
  }
}
