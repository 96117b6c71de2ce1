package dev.luthier.cli;

import dev.luthier.recipe.RunResult;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.SftRun;
import dev.luthier.recipe.SftSettings;
import dev.luthier.train.Trainer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier sft}: supervised fine-tuning. */
@Command(
    name = "sft",
    description = "Fine-tunes a model on rows of your own, with LoRA or in full.",
    footer = {
      "",
      "Example:",
      "  luthier sft --model my-base --data rows.jsonl --output my-adapter",
      "  luthier sft --config run.yaml --set train.learningRate=1e-4",
      "  luthier sft --model my-base --data rows.jsonl --output my-adapter --resume",
      "",
      "'luthier config sft' prints every setting, its default and what it does."
    })
final class SftCommand implements Callable<Integer> {
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
      description =
          "Rows to train on: JSONL or JSON with messages, prompt/completion, Alpaca or text.")
  private Optional<Path> data = Optional.empty();

  @Option(names = "--eval-data", paramLabel = "FILE", description = "Rows to evaluate on.")
  private Optional<Path> evalData = Optional.empty();

  @Option(names = "--method", paramLabel = "METHOD", description = "lora (default) or full.")
  private Optional<String> method = Optional.empty();

  SftCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Settings settings = run.settings(machine);
    settings.set("model", model, "--model");
    settings.set("data.train", data, "--data");
    settings.set("data.eval", evalData, "--eval-data");
    settings.set("method", method, "--method");
    SftSettings bound = settings.bind(SftSettings.class);
    RunResult result;
    try (TrainProgress progress = new TrainProgress(console)) {
      result = SftRun.run(bound, run.resume, Interrupts.install(console), progress);
    }
    return RunSummary.print(console, json.json, "sft", result, next(bound, result));
  }

  private static String next(SftSettings s, RunResult result) {
    if (result.end() == Trainer.End.INTERRUPTED) {
      return "";
    }
    return s.method() == SftSettings.Method.LORA
        ? "luthier chat --model " + s.model() + " --adapter " + result.output()
        : "luthier chat --model " + result.output();
  }
}
