package dev.luthier.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.Versions;
import dev.luthier.data.source.DataFiles;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import dev.luthier.train.StepPlanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The folder of a run and its {@code run.json}: what the run is (verb, settings, hashes of data and
 * base model), and whether it is finished. A folder already in use is refused, and a run goes on
 * only as what it was.
 */
final class RunFolder {
  private static final String RUN = "run.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final Map<String, Object> identity;
  private final boolean finished;
  private Map<String, Object> memory = Map.of();

  private RunFolder(Path folder, Map<String, Object> identity, boolean finished) {
    this.folder = folder;
    this.identity = identity;
    this.finished = finished;
  }

  /**
   * Takes the folder for a run.
   *
   * @param identity what must be the same when the run is resumed
   * @throws LuthierException if it is in use and this is no resumption, or was another run's
   */
  static RunFolder open(Path folder, boolean resume, Map<String, Object> identity) {
    checkUnused(folder, resume);
    boolean finished = false;
    Path run = folder.resolve(RUN);
    if (resume && Files.exists(run)) {
      ObjectNode before = Json.read(run);
      checkSame(folder, before, identity);
      finished = "finished".equals(before.path("status").asText());
    }
    return new RunFolder(folder, identity, finished);
  }

  /**
   * Makes the folder this run's. What can be refused is refused before, so that nothing has to be
   * cleared away.
   */
  void begin() {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be created: " + Reason.of(e), e);
    }
    write("running", Map.of());
  }

  /** Takes back {@link #begin}: what was empty is empty again. */
  void abandon() {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be cleared: " + Reason.of(e), e);
    }
  }

  /** Records how memory is shared out. */
  void planned(StepPlanner.Plan plan) {
    memory = plan.fields();
    write("running", Map.of());
  }

  /**
   * When the run began: recorded in the folder if it is resumed, now if not. Templates that print
   * the date must print the same one after a resumption on another day.
   */
  static ZonedDateTime started(Path folder, boolean resume) {
    Path run = folder.resolve(RUN);
    if (resume && Files.exists(run)) {
      String text = Json.read(run).path("run").path("started").asText();
      try {
        return ZonedDateTime.parse(text);
      } catch (DateTimeParseException e) {
        throw new LuthierException(
            run + ": run.started is '" + text + "', not a time; the run cannot be resumed", e);
      }
    }
    return ZonedDateTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS);
  }

  /** Refuses a folder that holds anything, before any work is done; resuming allows it. */
  static void checkUnused(Path folder, boolean resume) {
    if (resume || !Files.exists(folder)) {
      return;
    }
    if (!Files.isDirectory(folder)) {
      throw new UsageException(folder + " is a file; --output takes a folder");
    }
    try (Stream<Path> files = Files.list(folder)) {
      if (files.findAny().isPresent()) {
        throw new UsageException(
            folder
                + " is already in use"
                + (Files.exists(folder.resolve(RUN))
                    ? " by a run: continue it with --resume, or choose another --output"
                    : ": choose an empty or new folder with --output"));
      }
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be read: " + Reason.of(e), e);
    }
  }

  /**
   * Refuses to go on without what the run was begun with, and says how to know it again.
   *
   * @param inputs files, folders and globs, by their names among the run's hashes
   */
  static void checkInputs(Path folder, boolean resume, Map<String, Path> inputs) {
    Path run = folder.resolve(RUN);
    if (!resume || !Files.exists(run)) {
      return;
    }
    JsonNode hashes = Json.read(run).path("run").path("hashes");
    List<String> gone = new ArrayList<>();
    inputs.forEach(
        (name, path) -> {
          if (!Files.exists(path) && !matches(path)) {
            gone.add(path + ", whose SHA-256 was " + hashes.path(name).asText("not recorded"));
          }
        });
    if (!gone.isEmpty()) {
      throw new LuthierException(
          "the run in "
              + folder
              + " cannot go on, because what it was begun with is not there:\n  "
              + String.join("\n  ", gone)
              + "\nPut it back and repeat the command; its checkpoints stay."
              + " See docs/troubleshooting.md#vanished-data");
    }
  }

  private static boolean matches(Path glob) {
    try {
      return !DataFiles.of(glob).isEmpty();
    } catch (LuthierException e) {
      return false;
    }
  }

  private static void checkSame(Path folder, ObjectNode before, Map<String, Object> identity) {
    Map<String, Object> was = new TreeMap<>();
    JsonNode recorded = before.path("run");
    recorded.fields().forEachRemaining(e -> was.put(e.getKey(), plain(e.getValue())));
    Map<String, Object> is = new TreeMap<>();
    JSON.<JsonNode>valueToTree(identity)
        .fields()
        .forEachRemaining(e -> is.put(e.getKey(), plain(e.getValue())));
    List<String> differences = Settings.differences(was, is);
    if (!differences.isEmpty()) {
      throw new UsageException(
          "the run in "
              + folder
              + " cannot be resumed, because it would not be the same run:\n  "
              + String.join("\n  ", differences)
              + "\nPut these back, or start a new run with another --output."
              + " See docs/troubleshooting.md#resume-differs");
    }
  }

  private static Object plain(JsonNode n) {
    return n.isObject() ? JSON.convertValue(n, Map.class) : n.isTextual() ? n.asText() : n;
  }

  /** Whether the run was already done when it was opened. */
  boolean finished() {
    return finished;
  }

  /** Records the end of the run. */
  void finish(Map<String, Object> results) {
    write("finished", results);
  }

  private void write(String status, Map<String, Object> results) {
    ObjectNode json = Json.object();
    json.put("status", status);
    json.set("versions", JSON.valueToTree(new TreeMap<>(Versions.all())));
    json.set("run", JSON.valueToTree(identity));
    json.set("memory", JSON.valueToTree(memory));
    json.set("results", JSON.valueToTree(results));
    Json.write(folder.resolve(RUN), json);
  }

  /** The results that a finished run recorded. */
  static Map<String, Object> plainResults(RunFolder of) {
    JsonNode results = Json.read(of.folder.resolve(RUN)).path("results");
    Map<String, Object> out = new java.util.LinkedHashMap<>();
    results.fields().forEachRemaining(e -> out.put(e.getKey(), e.getValue()));
    return out;
  }

  /** Metrics up to this step stay; later ones, of steps that will be made again, go. */
  MetricsFile metrics(long step) {
    Path file = folder.resolve(MetricsFile.NAME);
    List<String> kept = new ArrayList<>();
    if (Files.exists(file)) {
      try {
        for (String line : Files.readAllLines(file)) {
          if (isUpTo(line, step)) {
            kept.add(line);
          }
        }
      } catch (IOException e) {
        throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
      }
    }
    return new MetricsFile(file, kept);
  }

  private static boolean isUpTo(String line, long step) {
    try {
      return JSON.readTree(line).path("step").asLong(Long.MAX_VALUE) <= step;
    } catch (IOException e) {
      // A line cut off by a kill.
      return false;
    }
  }
}
