package dev.luthier.cli;

import dev.luthier.recipe.RewardRun;
import dev.luthier.recipe.RewardSettings;
import dev.luthier.recipe.RunResult;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.SftSettings;
import dev.luthier.train.Trainer;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code luthier reward}: a model that scores answers. */
@Command(
    name = "reward",
    description = {
      "Trains a model to score answers, so that chosen ones get more than rejected",
      "ones (Bradley and Terry). Decoders and encoders alike."
    },
    footer = {
      "",
      "Example:",
      "  luthier reward --model my-base --data pairs.jsonl --output my-reward",
      "  luthier reward --model bert --data p.jsonl --output r --method full",
      "  luthier reward score --model my-base --adapter my-reward --data a.jsonl",
      "",
      "Rows have chosen and rejected answers, with a prompt or without, as texts,",
      "as messages, or as Anthropic's HH writes conversations.",
      "'luthier config reward' prints every setting, its default and what it does."
    })
final class RewardCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final MachineOptions machine = new MachineOptions();
  @Mixin private final RunOptions run = new RunOptions();
  @Mixin private final TunedOptions tuned = new TunedOptions();

  RewardCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Settings settings = run.settings(machine);
    tuned.addTo(settings);
    RewardSettings bound = settings.bind(RewardSettings.class);
    RunResult result;
    try (TrainProgress progress = new TrainProgress(console)) {
      result = RewardRun.run(bound, run.resume, Interrupts.install(console), progress);
    }
    return RunSummary.print(console, json.json, "reward", result, next(bound, result));
  }

  private static String next(RewardSettings s, RunResult result) {
    if (result.end() == Trainer.End.INTERRUPTED) {
      return "";
    }
    String of =
        s.method() == SftSettings.Method.FULL
            ? "--model " + result.output()
            : "--model " + s.model() + " --adapter " + result.output();
    return "luthier reward score " + of + " --data FILE";
  }
}
