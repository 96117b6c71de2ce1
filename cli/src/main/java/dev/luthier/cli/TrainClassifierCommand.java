package dev.luthier.cli;

import dev.luthier.recipe.ClassifierRun;
import dev.luthier.recipe.ClassifierSettings;
import dev.luthier.recipe.RunResult;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.SftSettings;
import dev.luthier.train.Trainer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier train-classifier}: a model that gives labels. */
@Command(
    name = "train-classifier",
    description = {
      "Trains a model to label texts: one class, several labels, numbers, or a label per word.",
      "Encoders (BERT, RoBERTa, DistilBERT) and decoders (Llama, GPT-2, ...) alike; a model that has"
          + " no head for it gets one."
    },
    footer = {
      "",
      "Example:",
      "  luthier train-classifier --model bert --data reviews.csv --output sentiment",
      "  luthier train-classifier --model bert --data a.csv --output b --task tokens",
      "  luthier train-classifier --model llama --data a.csv --output a --method lora",
      "  luthier train-classifier --config run.yaml --class-weights balanced",
      "",
      "Rows have a column text (text2 for pairs) and label, labels or score,",
      "or tokens and tags, or text and spans.",
      "'luthier config train-classifier' prints every setting and its default."
    })
final class TrainClassifierCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final MachineOptions machine = new MachineOptions();
  @Mixin private final RunOptions run = new RunOptions();

  @Option(names = "--model", paramLabel = "DIR", description = "The base model's folder.")
  private Optional<Path> model = Optional.empty();

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "Rows to train on: JSON, JSONL, CSV, TSV or Parquet.")
  private Optional<Path> data = Optional.empty();

  @Option(
      names = "--eval-data",
      paramLabel = "FILE",
      description = "Rows to evaluate on; a tenth of --data where not given.")
  private Optional<Path> evalData = Optional.empty();

  @Option(
      names = "--task",
      paramLabel = "TASK",
      description =
          "classes, multi-label, regression or tokens; recognised by the columns where not given.")
  private Optional<String> task = Optional.empty();

  @Option(
      names = "--class-weights",
      paramLabel = "WEIGHTS",
      description = "none (default) or balanced: rare labels count more.")
  private Optional<String> classWeights = Optional.empty();

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      description = "full (default), lora or qlora (over a quantized base).")
  private Optional<String> method = Optional.empty();

  TrainClassifierCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Settings settings = run.settings(machine);
    settings.set("model", model, "--model");
    settings.set("data.train", data, "--data");
    settings.set("data.eval", evalData, "--eval-data");
    settings.set("data.task", task, "--task");
    settings.set("data.classWeights", classWeights, "--class-weights");
    settings.set("method", method, "--method");
    ClassifierSettings bound = settings.bind(ClassifierSettings.class);
    ClassifierRun.Result result;
    try (TrainProgress progress = new TrainProgress(console)) {
      result = ClassifierRun.run(bound, run.resume, Interrupts.install(console), progress);
    }
    RunResult end = result.run();
    if (!json.json) {
      result.report().ifPresent(report -> console.out().print(report.text()));
      end = withoutEvaluation(end);
    }
    return RunSummary.print(console, json.json, "train-classifier", end, next(bound, end));
  }

  /** The table has said it. */
  private static RunResult withoutEvaluation(RunResult result) {
    Map<String, Object> results = new LinkedHashMap<>(result.results());
    if (results.remove("evaluation") != null) {
      results.put("evaluation", result.output().resolve(ClassifierRun.EVALUATION));
    }
    return new RunResult(result.end(), result.output(), results);
  }

  private static String next(ClassifierSettings s, RunResult result) {
    if (result.end() == Trainer.End.INTERRUPTED) {
      return "";
    }
    String of =
        s.method() == SftSettings.Method.FULL
            ? "--model " + result.output()
            : "--model " + s.model() + " --adapter " + result.output();
    return "luthier classify " + of + " --text \"...\"";
  }
}
