package dev.luthier.cli;

import dev.luthier.export.HfExport;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier export hf}: a model folder for transformers, vLLM and TGI. */
@Command(
    name = "hf",
    description = "Writes a model folder as transformers, vLLM and TGI load it, and nothing else.",
    footer = {
      "",
      "Example:",
      "  luthier export hf --model my-base --adapter my-adapter --output my-model"
    })
final class ExportHfCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "The model.")
  private Path model = Path.of("");

  @Option(
      names = "--adapter",
      paramLabel = "DIR",
      description = "A PEFT adapter to multiply into it, as fuse does.")
  private Optional<Path> adapter = Optional.empty();

  @Option(
      names = "--any-base",
      description = "Take the adapter even if it was trained over another base.")
  private boolean anyBase;

  @Option(names = "--output", required = true, paramLabel = "DIR", description = "A new folder.")
  private Path output = Path.of("");

  ExportHfCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    List<String> notes = new HfExport(model, adapter, anyBase).run(output);
    if (json.json) {
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("output", output.toString());
      out.put("notes", notes);
      console.json(out);
    } else {
      notes.forEach(note -> console.out().println("note: " + note));
      console.out().println("use it:\n  vllm serve " + output);
    }
    return Program.DONE;
  }
}
