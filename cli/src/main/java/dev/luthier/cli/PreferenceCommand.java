package dev.luthier.cli;

import dev.luthier.UsageException;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.recipe.PreferenceMethod;
import dev.luthier.recipe.PreferenceRun;
import dev.luthier.recipe.PreferenceSettings;
import dev.luthier.recipe.RunResult;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.SftSettings;
import dev.luthier.train.Trainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the verbs that learn from preferences have in common: all but what they minimise. */
abstract class PreferenceCommand implements Callable<Integer> {
  private final Console console;
  private final PreferenceMethod method;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final MachineOptions machine = new MachineOptions();
  @Mixin private final RunOptions run = new RunOptions();

  @Option(names = "--model", paramLabel = "DIR", description = "The base model's folder.")
  private Optional<Path> model = Optional.empty();

  @Option(
      names = "--adapter",
      paramLabel = "DIR",
      description = "An adapter to begin from, as sft writes it.")
  private Optional<Path> adapter = Optional.empty();

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description =
          "Preferences to train on: JSON, JSONL, CSV, TSV or Parquet with chosen and rejected (and"
              + " prompt), as texts, as messages or as HH writes conversations; or a folder that"
              + " data prepare made.")
  private Optional<Path> data = Optional.empty();

  @Option(
      names = "--eval-data",
      paramLabel = "FILE",
      description = "Preferences to evaluate on, or a prepared folder.")
  private Optional<Path> evalData = Optional.empty();

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      description = "lora (default), qlora (over a quantized base) or full.")
  private Optional<String> weights = Optional.empty();

  @Option(
      names = "--loss",
      paramLabel = "NAME[=WEIGHT]",
      split = ",",
      description = "What is minimised; several with weights, such as sigmoid=1,sft=0.2.")
  private List<String> losses = new ArrayList<>();

  @Option(
      names = "--beta",
      paramLabel = "NUMBER",
      description = "How dear it is to leave the reference, or the scale of rewards.")
  private Optional<String> beta = Optional.empty();

  @Option(
      names = "--fit",
      description =
          "Choose micro-batches, streaming and spilling so that the run is fastest within --budget.")
  private boolean fit;

  PreferenceCommand(Console console, PreferenceMethod method) {
    this.console = console;
    this.method = method;
  }

  /** Sets what only some of the verbs have. */
  void addTo(Settings settings) {}

  @Override
  public Integer call() {
    Settings settings = run.settings(machine);
    settings.set("model", model, "--model");
    settings.set("adapter", adapter, "--adapter");
    settings.set("data.train", data, "--data");
    settings.set("data.eval", evalData, "--eval-data");
    settings.set("method", weights, "--method");
    settings.set("loss.types", types(), "--loss");
    settings.set("loss.beta", beta, "--beta");
    settings.set("memory.fit", fit ? Optional.of("true") : Optional.empty(), "--fit");
    addTo(settings);
    PreferenceSettings bound = settings.bind(PreferenceSettings.class);
    RunResult result;
    try (TrainProgress progress = new TrainProgress(console)) {
      result = PreferenceRun.run(method, bound, run.resume, Interrupts.install(console), progress);
    }
    return RunSummary.print(console, json.json, method.toString(), result, next(bound, result));
  }

  /** The losses as a setting: a map in YAML's short form. */
  private Optional<String> types() {
    if (losses.isEmpty()) {
      return Optional.empty();
    }
    List<String> parts = new ArrayList<>();
    for (String loss : losses) {
      String[] named = loss.split("=", -1);
      if (named.length > 2 || named[0].isBlank()) {
        throw new UsageException("--loss " + loss + ": expected NAME or NAME=WEIGHT");
      }
      parts.add(named[0] + ": " + (named.length == 2 ? named[1] : "1"));
    }
    return Optional.of("{" + String.join(", ", parts) + "}");
  }

  private static String next(PreferenceSettings s, RunResult result) {
    if (result.end() == Trainer.End.INTERRUPTED) {
      return "";
    }
    return ModelFiles.use(s.model())
        .command(
            s.method() == SftSettings.Method.FULL
                ? "--model " + result.output()
                : "--model " + s.model() + " --adapter " + result.output());
  }
}
