package dev.luthier.cli;

import dev.luthier.data.prepared.Kind;
import dev.luthier.data.prepared.Manifest;
import dev.luthier.recipe.data.PrepareRun;
import dev.luthier.recipe.data.PrepareSettings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier data prepare}: from sources to a prepared set. */
@Command(
    name = "prepare",
    description = {
      "Turns raw files into a versioned training set: cleaned, without duplicates and personal"
          + " data, split, mixed, tokenized and packed. 'sft --data' takes the folder."
    },
    footer = {
      "",
      "Example:",
      "  luthier data prepare --model my-base --data rows.jsonl --output my-set",
      "  luthier data prepare --config set.yaml --model my-base --output my-set",
      "  luthier data prepare --model my-base --data 'exports/*.csv' --output my-set \\",
      "      --set split.eval=0.05 --set data.maxLength=2048",
      "",
      "Interrupted, the same command goes on where it stopped. 'luthier config",
      "data-prepare' prints every setting."
    })
final class DataPrepareCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final DataOptions options = new DataOptions();

  @Option(names = "--output", paramLabel = "DIR", description = "The set's folder.")
  private Optional<Path> output = Optional.empty();

  DataPrepareCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    PrepareSettings bound =
        options.settings("sources").set("output", output, "--output").bind(PrepareSettings.class);
    Optional<Manifest> manifest =
        DataWork.show(console, (progress, cancelled) -> PrepareRun.run(bound, progress, cancelled));
    if (manifest.isEmpty()) {
      return Program.INTERRUPTED;
    }
    if (json.json) {
      console.json(summary(bound, manifest.get()));
    } else {
      print(bound, manifest.get());
    }
    return Program.DONE;
  }

  private static Map<String, Object> summary(PrepareSettings settings, Manifest manifest) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("output", settings.output().toString());
    out.put("hash", manifest.hash());
    out.put("kind", manifest.about().kind().toString());
    out.put("stages", manifest.origin().stages());
    out.put("splits", ManifestText.counts(manifest));
    return out;
  }

  private void print(PrepareSettings settings, Manifest manifest) {
    ManifestText.stages(manifest).forEach(console.out()::println);
    line("");
    ManifestText.splits(manifest).forEach(console.out()::println);
    line("hash   %s", manifest.hash());
    line("");
    line("Rows left out are in %s.", settings.output().resolve("dropped.jsonl"));
    Kind kind = manifest.about().kind();
    if (kind == Kind.SFT || kind == Kind.TEXT) {
      line(
          "Next: luthier sft --model %s --data %s --output my-adapter",
          settings.model(), settings.output());
    }
  }

  private void line(String format, Object... values) {
    console.out().println(String.format(Locale.ROOT, format, values).stripTrailing());
  }
}
