package dev.luthier.cli;

import dev.luthier.UsageException;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.export.ImportanceCollector;
import dev.luthier.export.ImportanceCollector.Collected;
import dev.luthier.export.ImportanceCollector.Extent;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier imatrix}: which columns of a model's matrices matter, for export gguf. */
@Command(
    name = "imatrix",
    description = {
      "Collects an importance matrix: how large the inputs of each matrix are over a text.",
      "export gguf --imatrix rounds with it so that the columns that matter are off the least."
    },
    footer = {
      "",
      "Example:",
      "  luthier imatrix --model my-model --text sample.txt --output imatrix.gguf"
    })
final class ImatrixCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final ModelOptions model = new ModelOptions();
  @Mixin private final MachineOptions machine = new MachineOptions();

  @Option(
      names = "--text",
      required = true,
      paramLabel = "FILE",
      description = "A UTF-8 file like what the model will read and write.")
  private Path text = Path.of("");

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description =
          "The file to write: GGUF, or, if its name ends in .dat, llama.cpp's older format.")
  private Path output = Path.of("");

  @Option(
      names = "--chunk",
      paramLabel = "N",
      description = "Tokens that are read together; 512 by default.")
  private Optional<Integer> chunk = Optional.empty();

  @Option(
      names = "--chunks",
      paramLabel = "N",
      description = "Chunks to read; all of the text by default.")
  private Optional<Integer> chunks = Optional.empty();

  ImatrixCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Path folder = output.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new UsageException("--output " + output + ": its folder does not exist; make it first");
    }
    String read = TextFiles.read(text);
    Extent extent = new Extent(integer(chunk), integer(chunks));
    Tokenizer tokenizer = model.language(true).tokenizer();
    LoadedModel loaded = model.load(machine, console);
    CountProgress progress = new CountProgress(console);
    Collected collected =
        ImportanceCollector.collect(
            loaded,
            tokenizer,
            read,
            String.valueOf(text.getFileName()),
            extent,
            (done, total) -> progress.at("chunks", done, total));
    collected.matrix().write(output);
    if (collected.unseen() > 0) {
      console
          .err()
          .println(
              collected.unseen()
                  + " matrices of experts saw no token; give a longer text, or their columns all"
                  + " count the same");
    }
    if (json.json) {
      console.json(fields(collected));
    } else {
      console
          .out()
          .printf(
              Locale.ROOT,
              "%s: %d tensors over %d chunks of %d tokens, of perplexity %.4f%n",
              output,
              collected.matrix().entries().size(),
              collected.matrix().chunks(),
              collected.matrix().chunkTokens(),
              collected.perplexity());
    }
    return Program.DONE;
  }

  private static OptionalInt integer(Optional<Integer> value) {
    return value.map(OptionalInt::of).orElse(OptionalInt.empty());
  }

  private Map<String, Object> fields(Collected collected) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("output", output.toString());
    fields.put("tensors", collected.matrix().entries().size());
    fields.put("chunks", collected.matrix().chunks());
    fields.put("chunkTokens", collected.matrix().chunkTokens());
    fields.put("tokens", collected.tokens());
    fields.put("perplexity", collected.perplexity());
    fields.put("unseen", collected.unseen());
    return fields;
  }
}
