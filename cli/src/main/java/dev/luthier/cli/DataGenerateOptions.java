package dev.luthier.cli;

import dev.luthier.recipe.Settings;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code data generate} asks for, of what, and how much of it. */
final class DataGenerateOptions {
  @Mixin private final ConfigOptions config = new ConfigOptions();

  @Option(
      names = "--task",
      paramLabel = "TASK",
      description = "self-instruct, paraphrase, augment or qa.")
  private Optional<String> task = Optional.empty();

  @Option(
      names = "--seeds",
      paramLabel = "FILE",
      description = "Tasks to start from: rows as sft takes them, or Alpaca's seed_tasks.jsonl.")
  private Optional<Path> seeds = Optional.empty();

  @Option(
      names = "--documents",
      paramLabel = "PATH",
      description = "For qa: a text file, or a folder with .txt, .md and .rst files.")
  private Optional<Path> documents = Optional.empty();

  @Option(names = "--model", paramLabel = "DIR", description = "A local model that writes.")
  private Optional<Path> model = Optional.empty();

  @Option(names = "--adapter", paramLabel = "DIR", description = "A PEFT adapter over it.")
  private Optional<Path> adapter = Optional.empty();

  @Option(
      names = "--endpoint",
      paramLabel = "URL",
      description = "Instead: the base of an OpenAI-compatible endpoint, up to /v1.")
  private Optional<String> endpoint = Optional.empty();

  @Option(
      names = "--model-name",
      paramLabel = "NAME",
      description = "What the endpoint calls the model that writes.")
  private Optional<String> modelName = Optional.empty();

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description = "The endpoint's key; without it LUTHIER_API_KEY is taken, if there is one.")
  private Optional<Path> apiKeyFile = Optional.empty();

  @Option(names = "--output", paramLabel = "FILE", description = "The rows, JSONL.")
  private Optional<Path> output = Optional.empty();

  @Option(names = "--rows", paramLabel = "N", description = "Stop when so many rows are kept.")
  private Optional<Integer> rows = Optional.empty();

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Send no request once so many tokens were read and written.")
  private Optional<Long> maxTokens = Optional.empty();

  @Option(names = "--max-requests", paramLabel = "N", description = "Send so many at most.")
  private Optional<Integer> maxRequests = Optional.empty();

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Everything random follows from it; 42 by default.")
  private Optional<Long> seed = Optional.empty();

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 takes the likeliest token each time; 0.7 by default.")
  private Optional<Double> temperature = Optional.empty();

  /** The settings: the file, then --set, then flags. */
  Settings settings(MachineOptions machine) {
    return config
        .settings()
        .set("task", task, "--task")
        .set("seeds", seeds, "--seeds")
        .set("documents", documents, "--documents")
        .set("output", output, "--output")
        .set("seed", seed, "--seed")
        .set("writer.model", model, "--model")
        .set("writer.adapter", adapter, "--adapter")
        .set("writer.endpoint", endpoint, "--endpoint")
        .set("writer.modelName", modelName, "--model-name")
        .set("writer.apiKeyFile", apiKeyFile, "--api-key-file")
        .set("writer.temperature", temperature, "--temperature")
        .set("writer.device", machine.device, "--device")
        .set("writer.dtype", machine.computeDtype(), "--dtype")
        .set("writer.threads", machine.threads, "--threads")
        .set("budget.rows", rows, "--rows")
        .set("budget.tokens", maxTokens, "--max-tokens")
        .set("budget.requests", maxRequests, "--max-requests");
  }
}
