package dev.luthier.cli;

import dev.luthier.recipe.Settings;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What is tuned on what, and how. */
final class TunedOptions {
  @Option(names = "--model", paramLabel = "DIR", description = "The base model's folder.")
  private Optional<Path> model = Optional.empty();

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description =
          "Rows to train on: JSON, JSONL, CSV, TSV or Parquet, or a folder that"
              + " data prepare made.")
  private Optional<Path> data = Optional.empty();

  @Option(
      names = "--eval-data",
      paramLabel = "FILE",
      description = "Rows to evaluate on, or a prepared folder.")
  private Optional<Path> evalData = Optional.empty();

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      description = "lora (default), qlora (over a quantized base) or full.")
  private Optional<String> method = Optional.empty();

  @Option(
      names = "--fit",
      description =
          "Choose micro-batches, streaming and spilling so that the run is fastest within --budget.")
  private boolean fit;

  void addTo(Settings settings) {
    settings.set("model", model, "--model");
    settings.set("data.train", data, "--data");
    settings.set("data.eval", evalData, "--eval-data");
    settings.set("method", method, "--method");
    settings.set("memory.fit", fit ? Optional.of("true") : Optional.empty(), "--fit");
  }
}
