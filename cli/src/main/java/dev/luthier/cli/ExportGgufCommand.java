package dev.luthier.cli;

import dev.luthier.UsageException;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.export.GgufExport;
import dev.luthier.export.GgufFileType;
import dev.luthier.export.Importance;
import dev.luthier.export.SelfTest;
import dev.luthier.export.SelfTestReport;
import dev.luthier.format.GgufType;
import dev.luthier.format.ModelCard;
import dev.luthier.tensor.Native;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier export gguf}: a model, with an adapter or without, as llama.cpp runs it. */
@Command(
    name = "gguf",
    description = {
      "Writes a model, or a model with an adapter multiplied in, as one GGUF file: for llama.cpp,"
          + " Ollama, LM Studio and all that is built on them.",
      "",
      "Types: F32, F16, BF16, Q8_0, Q6_K, Q5_K_M, Q5_K_S, Q5_1, Q5_0, Q4_K_M, Q4_K_S, Q4_1, Q4_0,"
          + " IQ4_NL, IQ4_XS, Q3_K_L, Q3_K_M, Q3_K_S, Q2_K."
    },
    footer = {
      "",
      "Examples:",
      "  luthier export gguf --model my-model --type Q8_0 --output my-model-Q8_0.gguf",
      "  luthier export gguf --model base --adapter mine --type Q4_K_M --output q.gguf"
    })
final class ExportGgufCommand implements Callable<Integer> {
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
      description = "A PEFT adapter to multiply in, in float32; the result is rounded once.")
  private Optional<Path> adapter = Optional.empty();

  @Option(
      names = "--any-base",
      description = "Take the adapter even if it was trained over another base.")
  private boolean anyBase;

  @Option(
      names = "--type",
      required = true,
      paramLabel = "TYPE",
      description = "What most matrices become; see above. Q8_0 loses next to nothing.")
  private String type = "";

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "The .gguf file; one of that name is replaced once the new one is whole.")
  private Path output = Path.of("");

  @Option(
      names = "--imatrix",
      paramLabel = "FILE",
      description = "An importance matrix, as luthier imatrix writes it: which columns matter.")
  private Optional<Path> imatrix = Optional.empty();

  @Option(
      names = "--pure",
      description = "Every matrix gets the type, whatever llama.cpp would choose for it.")
  private boolean pure;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Processor threads; 0 is one per core.")
  private int threads;

  ExportGgufCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Native.threads(threads);
    GgufFileType fileType =
        GgufFileType.named(type)
            .orElseThrow(
                () ->
                    new UsageException(
                        "--type is '" + type + "'; expected one of " + GgufFileType.names()));
    Importance importance = imatrix.map(Importance::read).orElse(Importance.NONE);
    CountProgress progress = new CountProgress(console);
    GgufExport.Result result =
        new GgufExport(model, adapter, anyBase, fileType, importance, pure)
            .run(output, (done, total) -> progress.at("tensors", done, total));
    result.warnings().forEach(warning -> console.err().println("warning: " + warning));
    result.notes().forEach(note -> console.err().println("note: " + note));
    Optional<SelfTestReport> report =
        check.run(console, () -> SelfTest.of(output, model, adapter).require(output));
    if (json.json) {
      console.json(fields(fileType, result, report));
    } else {
      print(fileType, result);
    }
    return Program.DONE;
  }

  private Map<String, Object> fields(
      GgufFileType fileType, GgufExport.Result result, Optional<SelfTestReport> report) {
    Map<String, Object> types = new LinkedHashMap<>();
    result
        .types()
        .forEach(
            (t, count) ->
                types.put(t.name(), Map.of("tensors", count.tensors(), "bytes", count.bytes())));
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("output", output.toString());
    out.put("type", fileType.name());
    out.put("types", types);
    out.put("parameters", result.parameters());
    out.put("bytes", result.bytes());
    out.put("bits_per_weight", result.bitsPerWeight());
    out.put("notes", result.notes());
    out.put("warnings", result.warnings());
    report.ifPresent(test -> out.put("self_test", ExportCheck.fields(test)));
    return out;
  }

  private void print(GgufFileType fileType, GgufExport.Result result) {
    console.out().printf(Locale.ROOT, "%-8s %8s %16s%n", "type", "tensors", "bytes");
    for (Map.Entry<GgufType, GgufExport.Count> e : result.types().entrySet()) {
      console
          .out()
          .printf(
              Locale.ROOT,
              "%-8s %8d %,16d%n",
              e.getKey(),
              e.getValue().tensors(),
              e.getValue().bytes());
    }
    console
        .out()
        .printf(
            Locale.ROOT,
            "%s: %s, %,d parameters in %,d bytes, %.2f bits per weight%n",
            output,
            fileType,
            result.parameters(),
            result.bytes(),
            result.bitsPerWeight());
    console.out().println("use it:\n  ./luthier generate --model " + output + " --prompt \"...\"");
    if (ModelFiles.use(model) == ModelCard.Use.TEXT) {
      console.out().println("  ./luthier serve --model " + output);
    }
    console.out().println("  llama-cli -m " + output);
  }
}
