package dev.luthier.cli;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.hub.FileChoice;
import dev.luthier.hub.Hub;
import dev.luthier.hub.HubReference;
import dev.luthier.hub.HubRepo;
import dev.luthier.hub.HubSettings;
import dev.luthier.hub.Snapshot;
import dev.luthier.recipe.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * The one place where what a user names on the hub becomes a path on this machine: {@code org/name}
 * or {@code org/name@revision} where a model or rows are expected. What exists under that name here
 * is meant first.
 */
final class HubInputs {
  private static final Set<String> MODEL_FLAGS = Set.of("--model", "--adapter", "--reward-model");
  private static final Set<String> DATA_FLAGS = Set.of("--data", "--eval-data", "--seeds");
  private static final List<String> MODEL_SETTINGS =
      List.of(
          "model", "adapter", "reward.model", "writer.model", "writer.adapter", "tokenizer.from");
  private static final List<String> DATA_SETTINGS =
      List.of(
          "data.train", "data.eval", "sources", "inputs", "evaluation", "overlap.against", "seeds");

  private final Console console;

  HubInputs(Console console) {
    this.console = console;
  }

  /** What the environment says about the hub. */
  static HubSettings settings(Console console) {
    return HubSettings.of(console.environment(), Path.of(System.getProperty("user.home")));
  }

  /** Runs a verb, once what its flags name is here. */
  int resolveAndRun(ParseResult parsed) {
    Integer help = CommandLine.executeHelpRequest(parsed);
    if (help != null) {
      return help;
    }
    ParseResult verb = parsed;
    while (verb.hasSubcommand()) {
      verb = verb.subcommand();
    }
    try {
      for (OptionSpec option : verb.matchedOptionsSet()) {
        if (MODEL_FLAGS.contains(option.longestName())) {
          resolve(option, this::model);
        } else if (DATA_FLAGS.contains(option.longestName())) {
          resolve(option, this::data);
        } else {
          settings(option).ifPresent(config -> config.resolveWith(this::resolve));
        }
      }
    } catch (LuthierException e) {
      throw new CommandLine.ExecutionException(
          verb.commandSpec().commandLine(), String.valueOf(e.getMessage()), e);
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  /** The settings that an option belongs to. */
  private static Optional<ConfigOptions> settings(OptionSpec option) {
    try {
      Object owner = option.scope().get();
      return owner instanceof ConfigOptions config ? Optional.of(config) : Optional.empty();
    } catch (Exception e) {
      throw new IllegalStateException("an option without an owner: " + option.longestName(), e);
    }
  }

  private static void resolve(OptionSpec option, UnaryOperator<Path> by) {
    Object value = option.getValue();
    if (value instanceof Path path) {
      option.setValue(by.apply(path));
    } else if (value instanceof Optional<?> one && one.orElse(null) instanceof Path path) {
      option.setValue(Optional.of(by.apply(path)));
    } else if (value instanceof List<?> list) {
      option.setValue(list.stream().map(path -> by.apply((Path) path)).toList());
    } else if (value instanceof Map<?, ?> named) {
      Map<Object, Path> resolved = new LinkedHashMap<>();
      named.forEach((name, path) -> resolved.put(name, by.apply((Path) path)));
      option.setValue(resolved);
    }
  }

  /** Resolves what settings from a file or from {@code --set} name. */
  void resolve(Settings settings) {
    MODEL_SETTINGS.forEach(key -> settings.replace(key, text -> text(text, this::model)));
    DATA_SETTINGS.forEach(key -> settings.replace(key, text -> text(text, this::data)));
  }

  /** Leaves a text as it was written if it names nothing on the hub. */
  private static String text(String text, UnaryOperator<Path> by) {
    Path named = Path.of(text);
    Path found = by.apply(named);
    return found.equals(named) ? text : found.toString();
  }

  /** The folder of a model or an adapter, or the file that is meant of it. */
  Path model(Path named) {
    return reference(HubRepo.Kind.MODEL, named).map(this::model).orElse(named);
  }

  private Path model(HubReference reference) {
    Optional<String> glob = reference.files();
    Snapshot snapshot = resolve(reference, glob.map(FileChoice::glob).orElseGet(FileChoice::model));
    if (glob.isEmpty()) {
      return snapshot.folder();
    }
    if (snapshot.files().size() != 1) {
      throw new UsageException(
          reference
              + ":"
              + glob.get()
              + " means "
              + snapshot.files().size()
              + " files of a model; name one");
    }
    return snapshot.folder().resolve(snapshot.files().get(0).path());
  }

  /** Rows: a file, a folder or a glob in the cache. */
  Path data(Path named) {
    return reference(HubRepo.Kind.DATASET, named).map(this::data).orElse(named);
  }

  private Path data(HubReference reference) {
    DataSetFiles choice = new DataSetFiles(reference.files());
    Snapshot snapshot = resolve(reference, choice);
    console
        .err()
        .println(
            "data: "
                + reference.repo().id()
                + "@"
                + snapshot.commit().substring(0, 7)
                + ": "
                + choice.words(snapshot.files()));
    return choice.path(snapshot);
  }

  /** What a name means on the hub; empty if it means something here, or nothing there. */
  private static Optional<HubReference> reference(HubRepo.Kind kind, Path named) {
    if (Files.exists(named) || kind == HubRepo.Kind.DATASET && DataSetFiles.isFile(named)) {
      return Optional.empty();
    }
    return HubReference.parse(kind, named.toString().replace('\\', '/'));
  }

  /**
   * A name whose first part is a folder here is more likely a path with a slip than a repository:
   * it is taken from the cache, but no request is made for it.
   */
  private Snapshot resolve(HubReference reference, FileChoice choice) {
    String org = reference.repo().id().replaceFirst("/.*", "");
    try (HubProgress progress = new HubProgress(console)) {
      Hub hub = new Hub(settings(console), progress);
      if (!Files.isDirectory(Path.of(org))) {
        return asked(hub, reference, choice);
      }
      return hub.cached(reference, choice)
          .orElseThrow(
              () ->
                  new LuthierException(
                      reference
                          + " does not exist, though the folder "
                          + org
                          + " does. If the hub's repository of that name is meant, fetch it first:"
                          + " luthier pull "
                          + reference
                          + (reference.repo().kind() == HubRepo.Kind.DATASET ? " --dataset" : "")));
    }
  }

  private static Snapshot asked(Hub hub, HubReference reference, FileChoice choice) {
    try {
      return hub.resolve(reference, choice);
    } catch (LuthierException e) {
      throw new LuthierException(
          reference + " is no path on this machine, and from the hub: " + e.getMessage(), e);
    }
  }
}
