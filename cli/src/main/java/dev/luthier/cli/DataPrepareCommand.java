package dev.luthier.cli;

import dev.luthier.LuthierException;
import dev.luthier.data.prepared.Kind;
import dev.luthier.data.prepared.Manifest;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.data.PrepareRun;
import dev.luthier.recipe.data.PrepareSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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

  @Option(names = "--config", paramLabel = "FILE", description = "Sources and settings as YAML.")
  private Optional<Path> config = Optional.empty();

  @Option(names = "--model", paramLabel = "DIR", description = "The model's folder.")
  private Optional<Path> model = Optional.empty();

  @Option(
      names = "--data",
      arity = "1..*",
      paramLabel = "FILE",
      description = "Files, folders or globs of rows.")
  private List<Path> data = new ArrayList<>();

  @Option(names = "--output", paramLabel = "DIR", description = "The set's folder.")
  private Optional<Path> output = Optional.empty();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "One setting, such as split.eval=0.05; wins over --config.")
  private List<String> set = new ArrayList<>();

  DataPrepareCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Settings settings = new Settings();
    config.ifPresent(settings::file);
    set.forEach(settings::set);
    settings.set("model", model, "--model");
    settings.set("output", output, "--output");
    settings.set("sources", Lists.flag(data), "--data");
    PrepareSettings bound = settings.bind(PrepareSettings.class);
    Interrupts interrupts = Interrupts.install(console, "here; run it again to go on");
    Manifest manifest;
    try (DataProgress progress = new DataProgress(console)) {
      manifest = PrepareRun.run(bound, progress::at, interrupts);
    } catch (LuthierException e) {
      if (!interrupts.getAsBoolean()) {
        throw e;
      }
      console.err().println(e.getMessage());
      return Program.INTERRUPTED;
    }
    if (json.json) {
      console.json(summary(bound, manifest));
    } else {
      print(bound, manifest);
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
