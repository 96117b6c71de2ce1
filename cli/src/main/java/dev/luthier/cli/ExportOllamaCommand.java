package dev.luthier.cli;

import dev.luthier.UsageException;
import dev.luthier.export.GgufExport;
import dev.luthier.export.GgufFileType;
import dev.luthier.export.Importance;
import dev.luthier.export.SelfTest;
import dev.luthier.export.ollama.OllamaExport;
import dev.luthier.export.ollama.ProvenTemplate;
import dev.luthier.format.HfFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier export ollama}: what {@code ollama create} takes. */
@Command(
    name = "ollama",
    description =
        "Writes a folder for 'ollama create': a GGUF file and a Modelfile whose TEMPLATE is proven to"
            + " print what the model's chat template prints.",
    footer = {
      "",
      "Example:",
      "  luthier export ollama --model my-base --adapter my-adapter --output my-ollama",
      "  ollama create my-model -f my-ollama/Modelfile"
    })
final class ExportOllamaCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final ExportCheck check = new ExportCheck();

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "A model folder, or a .gguf file.")
  private Path model = Path.of("");

  @Option(
      names = "--adapter",
      paramLabel = "DIR",
      description =
          "A PEFT adapter: multiplied into a model folder; beside a .gguf file, for Ollama to apply.")
  private Optional<Path> adapter = Optional.empty();

  @Option(
      names = "--any-base",
      description = "Take the adapter even if it was trained over another base.")
  private boolean anyBase;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description =
          "What most matrices of a model folder become, as for export gguf; ${DEFAULT-VALUE} by"
              + " default.")
  private String type = "Q8_0";

  @Option(names = "--output", required = true, paramLabel = "DIR", description = "A new folder.")
  private Path output = Path.of("");

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "A system prompt for conversations without one.")
  private Optional<String> system = Optional.empty();

  @Option(
      names = "--template",
      paramLabel = "FILE",
      description = "A TEMPLATE of your own in Go's template language; compared, not refused.")
  private Optional<Path> template = Optional.empty();

  @Option(
      names = "--context",
      paramLabel = "TOKENS",
      description = "Context that Ollama is to hold (num_ctx).")
  private Optional<Integer> context = Optional.empty();

  ExportOllamaCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    boolean ready = HfFolder.kind(model) == HfFolder.Kind.GGUF;
    List<Path> words = new ArrayList<>(List.of(model));
    if (!ready) {
      adapter.ifPresent(folder -> words.add(0, folder));
    }
    OllamaExport export =
        new OllamaExport(
            words,
            ready ? adapter : Optional.empty(),
            system,
            template,
            context.map(OptionalInt::of).orElse(OptionalInt.empty()));
    OllamaExport.Result result =
        export.run(ready ? OllamaExport.linked(model) : this::gguf, output);
    if (json.json) {
      console.json(fields(result));
    } else {
      print(result);
    }
    return Program.DONE;
  }

  private void gguf(Path target) {
    GgufFileType fileType =
        GgufFileType.named(type)
            .orElseThrow(
                () ->
                    new UsageException(
                        "--type is '" + type + "'; expected one of " + GgufFileType.names()));
    CountProgress progress = new CountProgress(console);
    new GgufExport(model, adapter, anyBase, fileType, Importance.NONE, false)
        .run(target, (done, total) -> progress.at("tensors", done, total))
        .notes()
        .forEach(note -> console.err().println("note: " + note));
    check.run(console, () -> SelfTest.of(target, model, adapter).require());
  }

  private Map<String, Object> fields(OllamaExport.Result result) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("output", output.toString());
    out.put("proven", result.proven().isPresent());
    out.put("conversations", result.proven().map(ProvenTemplate::conversations).orElse(0));
    out.put("notes", result.notes());
    return out;
  }

  private void print(OllamaExport.Result result) {
    result
        .proven()
        .ifPresent(
            p ->
                console
                    .out()
                    .println(
                        "TEMPLATE prints what the model's chat template prints on "
                            + p.conversations()
                            + " of "
                            + p.conversations()
                            + " conversations"));
    result.notes().forEach(note -> console.out().println("note: " + note));
    console.out().println("use it:\n  ollama create NAME -f " + output.resolve("Modelfile"));
  }
}
