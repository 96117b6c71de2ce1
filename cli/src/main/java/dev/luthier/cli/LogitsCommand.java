package dev.luthier.cli;

import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.eval.Logits;
import dev.luthier.eval.TokenIds;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
      "where they are wanted. Encoders take token_type_ids as well; models with an",
      "encoder and a decoder take decoder_input_ids, or labels."
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
    LoadedModel loaded = model.load(machine, console);
    List<Long> shape = Logits.write(loaded.transformer(), TokenIds.read(ids, loaded), output);
    String sizes = shape.stream().map(String::valueOf).collect(Collectors.joining(" x "));
    console.err().printf("wrote %s: %s float32%n", output, sizes);
    return Program.DONE;
  }
}
