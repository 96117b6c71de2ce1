package dev.luthier.cli;

import dev.luthier.format.GgufInspection;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Inspection;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code luthier inspect}: what is in a file or folder. */
@Command(
    name = "inspect",
    description =
        "Lists the tensors, metadata and settings of a safetensors or GGUF file, a model or an adapter.",
    footer = {"", "Example:", "  luthier inspect my-adapter --json"})
final class InspectCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();

  @Parameters(
      paramLabel = "PATH",
      description = "A .safetensors, .gguf or .json file, a folder, or org/name of the hub.")
  private Path path = Path.of("");

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Path there = new HubInputs(console).model(path);
    if (HfFolder.kind(there) == HfFolder.Kind.GGUF) {
      GgufInspection file = GgufInspection.of(there);
      print(file::toJson, file::toText);
    } else {
      Inspection inspection = Inspection.of(there);
      print(inspection::toJson, inspection::toText);
    }
    return Program.DONE;
  }

  private void print(Supplier<Map<String, Object>> asJson, Supplier<String> asText) {
    if (json.json) {
      console.json(asJson.get());
    } else {
      console.out().print(asText.get());
    }
  }
}
