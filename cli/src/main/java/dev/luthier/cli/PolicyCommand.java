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
          "Prompts: JSON, JSONL, CSV, TSV or Parquet with prompt or messages; answers are left out,"
              + " and all columns go to the reward function.")
  private Optional<Path> data = Optional.empty();

  @Option(
      names = "--eval-data",
      paramLabel = "FILE",
      description = "Prompts to evaluate on, by greedy answers.")
  private Optional<Path> evalData = Optional.empty();

  @Option(
      names = "--reward",
      paramLabel = "FILE",
      description = "A .java file or a .jar with a RewardFunction.")
  private Optional<Path> reward = Optional.empty();

  @Option(
      names = "--reward-regex",
      paramLabel = "PATTERN",
      description = "1 for answers that match as a whole, else 0.")
  private Optional<String> regex = Optional.empty();

  @Option(
      names = "--reward-model",
      paramLabel = "DIR",
      description = "A reward model, or an adapter over the base.")
  private Optional<Path> rewardModel = Optional.empty();

  @Option(
      names = "--reward-url",
      paramLabel = "URL",
      description = "An HTTP endpoint that scores answers.")
  private Optional<String> url = Optional.empty();

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      description = "lora (default), qlora (over a quantized base) or full.")
  private Optional<String> weights = Optional.empty();

  PolicyCommand(Console console, PolicyAlgorithm algorithm) {
    this.console = console;
    this.algorithm = algorithm;
  }

  @Override
  public Integer call() {
    Settings settings = run.settings(machine);
    settings.set("model", model, "--model");
    settings.set("adapter", adapter, "--adapter");
    settings.set("data.train", data, "--data");
    settings.set("data.eval", evalData, "--eval-data");
    settings.set("method", weights, "--method");
    settings.set("reward.function", reward, "--reward");
    settings.set("reward.regex", regex, "--reward-regex");
    settings.set("reward.model", rewardModel, "--reward-model");
    settings.set("reward.url", url, "--reward-url");
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
