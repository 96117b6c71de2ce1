package dev.luthier.cli;

import dev.luthier.hub.ApiKey;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.generate.DataGenerate;
import dev.luthier.recipe.generate.DataGenerateResult;
import dev.luthier.recipe.generate.DataGenerateSettings;
import dev.luthier.recipe.generate.End;
import dev.luthier.recipe.generate.Totals;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier data generate}: rows that a model writes. */
@Command(
    name = "generate",
    description = {
      "Has a model write rows to train on: new tasks in the manner of seeds, seeds in other words"
          + " or changed, or questions on documents. The model is a local one, or any endpoint"
          + " that speaks OpenAI's chat protocol. The same command goes on where it stopped."
    },
    footer = {
      "",
      "Example:",
      "  luthier data generate --task self-instruct --seeds seeds.jsonl \\",
      "    --endpoint http://localhost:8000/v1 --model-name my-llama \\",
      "    --rows 500 --max-tokens 2000000 --output rows.jsonl",
      "  luthier data generate --task qa --documents manuals --model my-llama \\",
      "    --output rows.jsonl",
      "",
      "'luthier config data-generate' prints every setting, its default and what it",
      "does: prompts, validators, retries."
    })
final class DataGenerateCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final MachineOptions machine = new MachineOptions();
  @Mixin private final DataGenerateOptions options = new DataGenerateOptions();

  @Option(
      names = "--dry-run",
      description = "Print the first prompt and stop; nothing is sent or written.")
  private boolean dryRun;

  DataGenerateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Settings settings = options.settings(machine);
    if (dryRun) {
      // Nothing is written there.
      settings.set("output", Optional.of("."), "--dry-run");
      console.out().println(DataGenerate.firstPrompt(settings.bind(DataGenerateSettings.class)));
      return Program.DONE;
    }
    DataGenerateSettings bound = settings.bind(DataGenerateSettings.class);
    Optional<ApiKey> key =
        Optional.ofNullable(System.getenv("LUTHIER_API_KEY"))
            .filter(given -> bound.writer().endpoint().isPresent() && !given.isBlank())
            .map(ApiKey::new);
    DataGenerateResult result;
    try (RowProgress progress = new RowProgress(console, bound.budget().rows())) {
      result =
          DataGenerate.run(
              bound, key, Interrupts.install(console, "after the requests under way"), progress);
    }
    return summary(bound, result);
  }

  private int summary(DataGenerateSettings bound, DataGenerateResult result) {
    if (json.json) {
      console.json(fields(bound.output(), result));
    } else {
      print(bound, result);
    }
    if (result.end() == End.INTERRUPTED) {
      return Program.INTERRUPTED;
    }
    if (result.totals().rows() == 0) {
      console.err().println(nothingKept(bound.output(), result.totals().refused()));
      return Program.FAILED;
    }
    return Program.DONE;
  }

  /** Says what refused most, and what may help. */
  private static String nothingKept(Path output, Map<String, Integer> refused) {
    String most =
        refused.entrySet().stream()
            .max(Map.Entry.comparingByValue())
            .map(Map.Entry::getKey)
            .orElse("");
    String why =
        switch (most) {
          case "" -> "; nothing was written";
          case "format" ->
              ": what was written is not in the form that is asked for; take a model that is"
                  + " trained to follow instructions, and see that writer.maxNewTokens suffices";
          case "novelty" ->
              ": what was written is too near to what is known; a higher validate.novelty or"
                  + " --temperature keeps more";
          case "writer" -> ": the writer refused the requests";
          default -> ": most is refused for " + most + ", see 'luthier config data-generate'";
        };
    return "error: no row was kept"
        + why
        + "\n"
        + output
        + ".refused.jsonl has what the writer wrote, and why it was refused";
  }

  private static Map<String, Object> fields(Path output, DataGenerateResult result) {
    Totals totals = result.totals();
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("status", result.end().toString());
    out.put("output", output.toString());
    out.put("rows", totals.rows());
    out.put("refused", totals.refused());
    out.put("requests", totals.requests());
    out.put("prompt_tokens", totals.promptTokens());
    out.put("completion_tokens", totals.completionTokens());
    out.put("rows_before", result.before().rows());
    out.put("requests_before", result.before().requests());
    return out;
  }

  private void print(DataGenerateSettings bound, DataGenerateResult result) {
    Totals totals = result.totals();
    line("%s: %,d rows", bound.output(), totals.rows());
    line("  requests   %,10d%s", totals.requests(), before(result));
    line("  tokens     %,10d read, %,d written", totals.promptTokens(), totals.completionTokens());
    line("  refused    %,10d", totals.allRefused());
    totals.refused().forEach((reason, n) -> line("    %-9s%,10d", reason, n));
    line("stopped: %s", result.end().words(bound));
  }

  private static String before(DataGenerateResult result) {
    int before = result.before().requests();
    return before == 0
        ? ""
        : String.format(
            Locale.ROOT, ", %,d of them earlier, for %,d rows", before, result.before().rows());
  }

  private void line(String format, Object... values) {
    console.out().println(String.format(Locale.ROOT, format, values));
  }
}
