package dev.luthier.cli;

import dev.luthier.recipe.Inspection;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code luthier inspect}: what is in a file or folder. */
@Command(
    name = "inspect",
    description = "Lists the tensors and metadata of a safetensors file, a model or an adapter.",
    footer = {"", "Example:", "  luthier inspect my-adapter --json"})
final class InspectCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();

  @Parameters(paramLabel = "PATH", description = "A .safetensors file, or a folder.")
  private Path path = Path.of("");

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Inspection inspection = Inspection.of(path);
    if (json.json) {
      console.json(inspection.toMap());
      return Program.DONE;
    }
    PrintStream out = console.out();
    inspection.configs().forEach((name, node) -> out.println(name + "\n" + node.toPrettyString()));
    inspection
        .files()
        .forEach(
            file -> {
              out.println(file.path());
              file.metadata().forEach((key, value) -> out.println("  " + key + " = " + value));
            });
    int width = inspection.tensors().mapToInt(info -> info.name().length()).max().orElse(0);
    inspection
        .tensors()
        .forEach(
            info -> {
              String name = info.name() + " ".repeat(width - info.name().length());
              out.println(name + "  " + info.dtype() + "  " + info.shape());
            });
    out.printf("%,d parameters, %,d bytes%n", inspection.parameters(), inspection.bytes());
    return Program.DONE;
  }
}
