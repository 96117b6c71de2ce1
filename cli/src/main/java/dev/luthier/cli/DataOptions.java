package dev.luthier.cli;

import dev.luthier.recipe.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which rows, for which model, and settings: for {@code data check} and {@code data prepare}. */
final class DataOptions {
  @Mixin private final ConfigOptions config = new ConfigOptions();

  @Option(names = "--model", paramLabel = "DIR", description = "The model's folder.")
  private Optional<Path> model = Optional.empty();

  @Option(
      names = "--data",
      arity = "1..*",
      paramLabel = "FILE",
      description = "Files, folders or globs of rows.")
  private List<Path> data = new ArrayList<>();

  /**
   * The settings so far.
   *
   * @param rows the setting that {@code --data} stands for
   */
  Settings settings(String rows) {
    return config.settings().set("model", model, "--model").set(rows, Lists.flag(data), "--data");
  }
}
