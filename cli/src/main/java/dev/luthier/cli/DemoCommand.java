package dev.luthier.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import dev.luthier.recipe.demo.Demo;
import dev.luthier.recipe.demo.DemoCorpus;
import dev.luthier.recipe.demo.DemoData;
import dev.luthier.train.Trainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier demo}: the main job, on material that ships with the project. */
@Command(
    name = "demo",
    description = "Teaches a small model Yoda-speak and shows it before and after. Offline.",
    footer = {
      "",
      "Example:",
      "  luthier demo",
      "",
      "docs/demo.md says what it learns from, and how to make its base model again."
    })
final class DemoCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Where rows and adapter are written; default out/demo in the project.")
  private Path output = home().resolve("out/demo");

  @Option(
      names = "--write-corpus",
      paramLabel = "FILE",
      description =
          "Write the text that the demo's base model was pre-trained on, as JSONL, and nothing else.")
  private Optional<Path> corpus = Optional.empty();

  @Option(
      names = "--write-preferences",
      paramLabel = "DIR",
      description =
          "Write pairs of answers, of which Yoda-speak is the better one, for luthier dpo and its"
              + " kin, and nothing else.")
  private Optional<Path> preferences = Optional.empty();

  @Option(
      names = "--write-rewards",
      paramLabel = "DIR",
      description =
          "Write few rows to tune on, and prompts to learn from by reward, for luthier grpo and its"
              + " kin, and nothing else.")
  private Optional<Path> rewards = Optional.empty();

  DemoCommand(Console console) {
    this.console = console;
  }

  private static Path home() {
    return Path.of(System.getProperty("luthier.home", "."));
  }

  @Override
  public Integer call() {
    if (corpus.isPresent()) {
      DemoCorpus.write(corpus.get(), DemoCorpus.SEED, DemoCorpus.BYTES);
      return wrote("corpus", corpus.get());
    }
    if (preferences.isPresent()) {
      DemoData.writePreferences(preferences.get(), DemoData.SEED);
      return wrote("preferences", preferences.get());
    }
    if (rewards.isPresent()) {
      DemoData.writeRewards(rewards.get(), DemoData.SEED);
      return wrote("rewards", rewards.get());
    }
    Path base = home().resolve("examples/demo/base");
    if (!Files.isDirectory(base)) {
      throw new LuthierException(base + " is not there; run ./luthier from a clone of the project");
    }
    Demo.Result result;
    try (Narration narration = new Narration()) {
      result = Demo.run(base, output, Interrupts.install(console), narration);
    }
    if (result.end() == Trainer.End.INTERRUPTED) {
      console.err().println("Interrupted. Run the demo again to start over.");
      return Program.INTERRUPTED;
    }
    if (json.json) {
      console.out().println(toJson(result));
    } else {
      print(base, result);
    }
    return Program.DONE;
  }

  private int wrote(String what, Path file) {
    if (json.json) {
      console.out().println(Json.object().put(what, file.toString()));
    } else {
      console.out().println("wrote " + file);
    }
    return Program.DONE;
  }

  private static ObjectNode toJson(Demo.Result r) {
    ObjectNode out = Json.object();
    out.put("base_exact_match", r.baseExactMatch());
    out.put("tuned_exact_match", r.tunedExactMatch());
    out.put("train_seconds", r.trainSeconds());
    out.put("adapter", r.adapter().toString());
    out.put("held_out", r.heldOut());
    var shown = out.putArray("examples");
    for (Demo.Shown s : r.shown()) {
      ObjectNode one = shown.addObject();
      one.put("sentence", s.plain());
      one.put("yoda", s.wanted());
      one.put("base", s.before());
      one.put("tuned", s.after());
    }
    return out;
  }

  private void print(Path base, Demo.Result r) {
    for (Demo.Shown s : r.shown()) {
      console.out().println();
      console.out().println("  sentence  " + s.plain());
      console.out().println("  before    " + s.before());
      console
          .out()
          .println(
              "  after     "
                  + s.after()
                  + (s.after().equals(s.wanted()) ? "" : "   (wanted: " + s.wanted() + ")"));
    }
    console.out().println();
    console
        .out()
        .printf(
            Locale.ROOT,
            "Exact match on %d held-out sentences: %.3f before, %.3f after %.0f s of training.%n",
            r.heldOut(),
            r.baseExactMatch(),
            r.tunedExactMatch(),
            r.trainSeconds());
    console.out().println("The adapter is a PEFT folder: " + shown(r.adapter()));
    String model = "--model " + shown(base) + " --adapter ";
    console.out().println("Talk to it:");
    console.out().println("  ./luthier chat " + model + shown(r.adapter()));
    console.out().println("Serve it, with a page to talk on and OpenAI's interface:");
    console.out().println("  ./luthier serve " + model + "yoda=" + shown(r.adapter()));
  }

  /** A path as it is typed here: relative where it is below the working directory. */
  private static Path shown(Path path) {
    Path here = Path.of("").toAbsolutePath();
    return path.startsWith(here) ? here.relativize(path) : path;
  }

  /** The demo's parts and the run's progress, on stderr. */
  private final class Narration extends TrainProgress implements Demo.Narrator {
    Narration() {
      super(console);
    }

    @Override
    public void part(String title) {
      message("");
      message(title);
    }
  }
}
