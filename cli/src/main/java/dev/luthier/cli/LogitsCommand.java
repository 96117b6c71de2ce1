package dev.luthier.cli;

import dev.luthier.eval.Logits;
import dev.luthier.eval.TokenIds;
import dev.luthier.model.Transformer;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier logits}: a model's raw output. */
@Command(
    name = "logits",
    description = "Writes the logits of given ids as raw little-endian float32, (B, T, V).",
    footer = {
      "",
      "Example:",
      "  luthier logits --model my-base --ids ids.json --output logits.f32",
      "",
      "ids.json holds {\"input_ids\": [[1, 5, 7]]}, and attention_mask and position_ids",
      "where they are wanted."
    })
final class LogitsCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final ModelOptions model = new ModelOptions();
  @Mixin private final MachineOptions machine = new MachineOptions();

  @Option(names = "--ids", required = true, paramLabel = "FILE", description = "JSON, see below.")
  private Path ids = Path.of("");

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "The file to write.")
  private Path output = Path.of("");

  LogitsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Transformer transformer = model.load(machine, console).transformer();
    TokenIds read = TokenIds.read(ids, transformer.shape().vocabulary());
    Logits.write(transformer, read, output);
    console
        .err()
        .printf(
            "wrote %s: %d x %d x %d float32%n",
            output, read.rows(), read.length(), transformer.shape().vocabulary());
    return Program.DONE;
  }
}
