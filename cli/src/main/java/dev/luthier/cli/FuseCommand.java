package dev.luthier.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.DType;
import dev.luthier.format.Json;
import dev.luthier.merge.Fuse;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Native;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier fuse}: an adapter into its base. */
@Command(
    name = "fuse",
    description = "Multiplies an adapter into its base and writes an ordinary model folder.",
    footer = {
      "",
      "Example:",
      "  luthier fuse --model my-base --adapter my-adapter --output my-model"
    })
final class FuseCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "The base model's folder.")
  private Path model = Path.of("");

  @Option(
      names = "--adapter",
      required = true,
      paramLabel = "DIR",
      description = "The PEFT adapter.")
  private Path adapter = Path.of("");

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description = "A new folder for the fused model.")
  private Path output = Path.of("");

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Processor threads; 0 is one per core.")
  private int threads;

  FuseCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Native.threads(threads);
    DType stored = Fuse.run(model, adapter, output, Device.CPU);
    if (json.json) {
      ObjectNode out = Json.object();
      out.put("output", output.toString());
      out.put("dtype", stored.name());
      console.out().println(out);
    } else {
      console.out().println("fused into " + output + ", stored as " + stored);
      console.out().println("use it:\n  ./luthier chat --model " + output);
    }
    return Program.DONE;
  }
}
