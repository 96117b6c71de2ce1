package dev.luthier.cli;

import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.recipe.PolicyAlgorithm;
import dev.luthier.recipe.PolicyRun;
import dev.luthier.recipe.PolicyRunSettings;
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

/** What the verbs that learn from rewards have in common. */
abstract class PolicyCommand implements Callable<Integer> {
  private final Console console;
  private final PolicyAlgorithm algorithm;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final MachineOptions machine = new MachineOptions();
  @Mixin private final RunOptions run = new RunOptions();
  @Mixin private final TunedOptions tuned = new TunedOptions();
  @Mixin private final AdapterOption adapter = new AdapterOption();

  @Option(
      names = "--reward",
      paramLabel = "FILE[#CLASS]",
      description =
          "A .java file or a .jar with a RewardFunction. This and the next may be repeated and"
              + " mixed: rewards are summed up.")
  private List<String> rewards = new ArrayList<>();

  @Option(
      names = "--reward-regex",
      paramLabel = "PATTERN",
      description = "1 for answers that match as a whole, else 0.")
  private List<String> regex = new ArrayList<>();

  @Option(
      names = "--reward-model",
      paramLabel = "DIR",
      description = "A reward model, or an adapter over the base.")
  private List<Path> rewardModels = new ArrayList<>();

  @Option(
      names = "--reward-url",
      paramLabel = "URL",
      description = "An HTTP endpoint that scores answers.")
  private List<String> urls = new ArrayList<>();

  @Option(
      names = "--loss",
      paramLabel = "FILE[#CLASS]",
      description = "A .java file or a .jar with a PolicyLoss, in place of the clipped one.")
  private Optional<String> loss = Optional.empty();

  PolicyCommand(Console console, PolicyAlgorithm algorithm) {
    this.console = console;
    this.algorithm = algorithm;
  }

  @Override
  public Integer call() {
    Settings settings = run.settings(machine);
    tuned.addTo(settings);
    adapter.addTo(settings);
    settings.set("reward.function", Lists.flag(rewards), "--reward");
    settings.set("reward.regex", Lists.flag(regex), "--reward-regex");
    settings.set("reward.model", Lists.flag(rewardModels), "--reward-model");
    settings.set("reward.url", Lists.flag(urls), "--reward-url");
    settings.set("loss.function", loss, "--loss");
    PolicyRunSettings bound = settings.bind(PolicyRunSettings.class);
    RunResult result;
    try (TrainProgress progress = new TrainProgress(console)) {
      result = PolicyRun.run(algorithm, bound, run.resume, Interrupts.install(console), progress);
    }
    return RunSummary.print(console, json.json, algorithm.toString(), result, next(bound, result));
  }

  private static String next(PolicyRunSettings s, RunResult result) {
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
