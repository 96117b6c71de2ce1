package dev.luthier.cli;

import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.recipe.RunResult;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.SftRun;
import dev.luthier.recipe.SftSettings;
import dev.luthier.train.Trainer;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code luthier sft}: supervised fine-tuning. */
@Command(
    name = "sft",
    description = "Fine-tunes a model on rows of your own, with LoRA, QLoRA or in full.",
    footer = {
      "",
      "Example:",
      "  luthier sft --model my-base --data rows.jsonl --output my-adapter",
      "  luthier sft --model my-base --data rows.jsonl --output out --budget 8GB --fit",
      "  luthier sft --config run.yaml --set train.learningRate=1e-4",
      "  luthier sft --model my-base --data rows.jsonl --output my-adapter --resume",
      "  luthier sft --model b --data rows.jsonl --output o --objective MyLoss.java",
      "",
      "Rows have messages, prompt and completion, Alpaca's or ShareGPT's columns, or",
      "text.",
      "'luthier config sft' prints every setting, its default and what it does."
    })
final class SftCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final MachineOptions machine = new MachineOptions();
  @Mixin private final RunOptions run = new RunOptions();
  @Mixin private final ObjectiveOption objective = new ObjectiveOption();

  @Mixin private final TunedOptions sft = new TunedOptions();

  SftCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Settings settings = run.settings(machine);
    sft.addTo(settings);
    objective.addTo(settings);
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
    return ModelFiles.use(s.model())
        .command(
            s.method() == SftSettings.Method.FULL
                ? "--model " + result.output()
                : "--model " + s.model() + " --adapter " + result.output());
  }
}
