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
  @Mixin private final TunedOptions tuned = new TunedOptions();
  @Mixin private final AdapterOption adapter = new AdapterOption();

  @Option(
      names = "--loss",
      paramLabel = "NAME[=WEIGHT]",
      split = ",",
      description =
          "What is minimised; several with weights, such as sigmoid=1,sft=0.2. A .java file or a"
              + " .jar with a PairTerm is one, too.")
  private List<String> losses = new ArrayList<>();

  @Option(
      names = "--beta",
      paramLabel = "NUMBER",
      description = "How dear it is to leave the reference, or the scale of rewards.")
  private Optional<String> beta = Optional.empty();

  PreferenceCommand(Console console, PreferenceMethod method) {
    this.console = console;
    this.method = method;
  }

  /** Sets what only some of the verbs have. */
  void addTo(Settings settings) {}

  @Override
  public Integer call() {
    Settings settings = run.settings(machine);
    tuned.addTo(settings);
    adapter.addTo(settings);
    settings.set("loss.types", types(), "--loss");
    settings.set("loss.beta", beta, "--beta");
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
      String name = "'" + named[0].replace("'", "''") + "'"; // a path may have '#' and more
      parts.add(name + ": " + (named.length == 2 ? named[1] : "1"));
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
