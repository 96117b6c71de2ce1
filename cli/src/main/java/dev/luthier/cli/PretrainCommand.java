package dev.luthier.cli;

import dev.luthier.data.ModelInput;
import dev.luthier.model.Transformer;
import dev.luthier.recipe.Pretrain;
import dev.luthier.recipe.PretrainSettings;
import dev.luthier.recipe.RunResult;
import dev.luthier.recipe.Settings;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.Trainer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier pretrain}: a language model on raw text. */
@Command(
    name = "pretrain",
    description = {
      "Trains a language model from raw text: from scratch, with its tokenizer, or further. Encoders"
          + " learn to fill masks."
    },
    footer = {
      "",
      "Example:",
      "  luthier pretrain --config examples/demo/pretrain.yaml --output my-base",
      "  luthier pretrain --config my.yaml --output my-base --set train.epochs=1",
      "  luthier pretrain --model my-bert --data texts.txt --output bert-2",
      "",
      "'luthier config pretrain' prints every setting, its default and what it does."
    })
final class PretrainCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final MachineOptions machine = new MachineOptions();
  @Mixin private final RunOptions run = new RunOptions();
  @Mixin private final ObjectiveOption objective = new ObjectiveOption();

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "A model to go on with; a new one if it is not given.")
  private Optional<Path> from = Optional.empty();

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "Text to learn, the setting data.train: a file, or [a.txt, b.jsonl].")
  private Optional<String> data = Optional.empty();

  PretrainCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Settings given = run.settings(machine);
    given.set("from", from, "--model").set("data.train", data, "--data");
    objective.addTo(given);
    PretrainSettings settings = given.bind(PretrainSettings.class);
    RunResult result;
    try (TrainProgress progress = new TrainProgress(console)) {
      result = Pretrain.run(settings, run.resume, Interrupts.install(console), progress);
    }
    String next = result.end() == Trainer.End.INTERRUPTED ? "" : next(result.output());
    return RunSummary.print(console, json.json, "pretrain", result, next);
  }

  private static String next(Path output) {
    Tokenizer tokenizer = Tokenizer.load(output);
    return tokenizer
        .maskToken()
        .filter(t -> ModelInput.of(output, tokenizer).kind() == Transformer.Kind.ENCODER)
        .map(t -> "luthier fill-mask --model " + output + " --text \"Once " + t + " a time\"")
        .orElse("luthier generate --model " + output + " --prompt \"Once\" --raw");
  }
}
