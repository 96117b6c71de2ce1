package dev.luthier.cli;

import dev.luthier.format.Inspection;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code luthier inspect}: what is in a file or folder. */
@Command(
    name = "inspect",
    description =
        "Lists the tensors, metadata and settings of a safetensors file, a model or an adapter.",
    footer = {"", "Example:", "  luthier inspect my-adapter --json"})
final class InspectCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();

  @Parameters(
      paramLabel = "PATH",
      description = "A .safetensors or .json file, or a folder, or org/name of the hub.")
  private Path path = Path.of("");

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Inspection inspection = Inspection.of(new HubInputs(console).model(path));
    if (json.json) {
      console.json(inspection.toJson());
    } else {
      console.out().print(inspection.toText());
    }
    return Program.DONE;
  }
}
