package dev.luthier.cli;

import dev.luthier.UsageException;
import dev.luthier.export.AdapterSelfTest;
import dev.luthier.export.GgufFileType;
import dev.luthier.export.GgufLora;
import dev.luthier.export.SelfTestReport;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier export gguf-lora}: an adapter alone, as llama.cpp lays it over its base. */
@Command(
    name = "gguf-lora",
    description =
        "Writes a LoRA adapter as a GGUF file, for a base that llama.cpp has as a GGUF file of its"
            + " own.",
    footer = {
      "",
      "Example:",
      "  luthier export gguf-lora --model my-base --adapter mine --output mine.gguf"
    })
final class ExportGgufLoraCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final ExportCheck check = new ExportCheck();

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "The base model: a folder, or a .gguf file.")
  private Path model = Path.of("");

  @Option(
      names = "--adapter",
      required = true,
      paramLabel = "DIR",
      description = "The PEFT adapter.")
  private Path adapter = Path.of("");

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "What A and B become: F32 (default), F16, BF16 or Q8_0.")
  private String type = GgufFileType.F32.name();

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "The .gguf file; one of that name is replaced once the new one is whole.")
  private Path output = Path.of("");

  @Option(
      names = "--base-gguf",
      paramLabel = "FILE",
      description =
          "A GGUF file of the base, to try the adapter over; without it one in F32 is written beside"
              + " the output, and deleted after the test.")
  private Optional<Path> base = Optional.empty();

  ExportGgufLoraCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    GgufFileType fileType =
        GgufFileType.named(type)
            .filter(GgufLora.TYPES::contains)
            .orElseThrow(
                () ->
                    new UsageException(
                        "--type is '" + type + "'; expected F32, F16, BF16 or Q8_0"));
    GgufLora lora = new GgufLora(model, adapter, fileType);
    GgufLora.Result result = lora.run(output);
    Optional<SelfTestReport> report =
        check.run(console, () -> new AdapterSelfTest(lora, output, base).require());
    if (json.json) {
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("output", output.toString());
      out.put("type", fileType.name());
      out.put("matrices", result.matrices());
      out.put("alpha", result.alpha());
      out.put("scaled", result.scaled());
      out.put("bytes", result.bytes());
      report.ifPresent(test -> out.put("self_test", ExportCheck.fields(test)));
      console.json(out);
    } else {
      console
          .out()
          .printf(
              Locale.ROOT,
              "%s: %s, %d matrices changed, alpha %s, %,d bytes%n",
              output,
              fileType,
              result.matrices(),
              Double.toString(result.alpha()),
              result.bytes());
      if (result.scaled() > 0) {
        console.out().println(result.scaled() + " of them have their own scale multiplied into B");
      }
      console
          .out()
          .println("use it with the base's GGUF file:\n  llama-cli -m BASE.gguf --lora " + output);
      console.out().println("  ./luthier serve --model BASE.gguf --adapter NAME=" + output);
    }
    return Program.DONE;
  }
}
