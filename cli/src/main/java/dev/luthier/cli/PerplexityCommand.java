package dev.luthier.cli;

import dev.luthier.eval.Perplexity;
import dev.luthier.model.Transformer;
import dev.luthier.tokenizer.Tokenizer;
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

/** {@code luthier perplexity}: how well a model predicts a text. */
@Command(
    name = "perplexity",
    description = {
      "Prints the perplexity of a text.",
      "That is exp of the mean negative log-likelihood of its tokens, in windows that do not overlap,"
          + " each as long as the model's context and begun with BOS."
    },
    footer = {"", "Example:", "  luthier perplexity --model my-base --text held-out.txt"})
final class PerplexityCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final ModelOptions model = new ModelOptions();
  @Mixin private final MachineOptions machine = new MachineOptions();

  @Option(
      names = "--text",
      required = true,
      paramLabel = "FILE",
      description = "A UTF-8 file, scored as one text.")
  private Path text = Path.of("");

  @Option(
      names = "--window",
      paramLabel = "N",
      description = "Tokens per window; the model's context by default.")
  private Optional<Integer> window = Optional.empty();

  PerplexityCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    String read = TextFiles.read(text);
    Tokenizer tokenizer = model.language(true).tokenizer();
    Transformer transformer = model.load(machine, console).transformer();
    OptionalInt length = window.map(OptionalInt::of).orElse(OptionalInt.empty());
    Perplexity result = Perplexity.of(transformer, tokenizer, read, length, done -> {});
    if (json.json) {
      console.json(fields(result));
    } else {
      console.out().println(table(result));
    }
    return Program.DONE;
  }

  private static Map<String, Object> fields(Perplexity result) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("perplexity", result.perplexity());
    fields.put("nll_per_token", result.nllPerToken());
    fields.put("tokens", result.tokens());
    fields.put("windows", result.windows());
    fields.put("window_length", result.windowLength());
    fields.put("prefix", result.prefix().toString());
    return fields;
  }

  private static String table(Perplexity result) {
    return String.format(
        Locale.ROOT,
        "perplexity     %.4f%n"
            + "nll per token  %.5f nats%n"
            + "tokens         %d%n"
            + "windows        %d of up to %d tokens, each after %s",
        result.perplexity(),
        result.nllPerToken(),
        result.tokens(),
        result.windows(),
        result.windowLength(),
        result.prefix() == Perplexity.Prefix.NONE ? "nothing" : result.prefix().name());
  }
}
