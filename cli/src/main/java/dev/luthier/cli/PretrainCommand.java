package dev.luthier.cli;

import dev.luthier.recipe.Pretrain;
import dev.luthier.recipe.PretrainSettings;
import dev.luthier.recipe.RunResult;
import dev.luthier.train.Trainer;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code luthier pretrain}: a model from nothing. */
@Command(
    name = "pretrain",
    description = "Trains a causal language model and its tokenizer from raw text.",
    footer = {
      "",
      "Example:",
      "  luthier pretrain --config examples/demo/pretrain.yaml --output my-base",
      "  luthier pretrain --config my.yaml --output my-base --set train.epochs=1",
      "",
      "'luthier config pretrain' prints every setting, its default and what it does."
    })
final class PretrainCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final MachineOptions machine = new MachineOptions();
  @Mixin private final RunOptions run = new RunOptions();

  PretrainCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    PretrainSettings settings = run.settings(machine).bind(PretrainSettings.class);
    RunResult result;
    try (TrainProgress progress = new TrainProgress(console)) {
      result = Pretrain.run(settings, run.resume, Interrupts.install(console), progress);
    }
    String next =
        result.end() == Trainer.End.INTERRUPTED
            ? ""
            : "luthier generate --model " + result.output() + " --prompt \"Once\" --raw";
    return RunSummary.print(console, json.json, "pretrain", result, next);
  }
}
