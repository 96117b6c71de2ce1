package dev.luthier.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.checkpoint.TensorFiles;
import dev.luthier.data.Batch;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The checkpoints of a run: {@code OUTPUT/checkpoints/step-N}, each a folder that loads as an
 * adapter or model, with {@code optimizer.safetensors} and {@code state.json} beside the weights. A
 * folder appears under its name only when it is whole and on the disk.
 */
public final class Checkpoints {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern NAME = Pattern.compile("step-(\\d{1,18})");

  private final Path output;
  private final Path folder;
  private final TrainFiles files;
  private final int keep;
  private final TrainListener listener;

  /**
   * @param output the run's folder
   * @param keep how many of the newest stay; the best evaluated one stays besides
   */
  public Checkpoints(Path output, TrainFiles files, int keep, TrainListener listener) {
    this.output = output;
    this.folder = output.resolve("checkpoints");
    this.files = files;
    this.keep = keep;
    this.listener = listener;
  }

  /**
   * Saves the state after {@code state.step()} steps and removes checkpoints that are no longer
   * kept.
   */
  void save(RunState state, AdamW optimizer) {
    Path target = path(state.step());
    createFolder();
    AtomicFile.writeFolder(
        target,
        temporary -> {
          files.writeExact(temporary);
          TensorFiles.write(
              temporary.resolve("optimizer.safetensors"),
              optimizer.state(),
              Map.of("format", "pt", "steps", Long.toString(optimizer.steps())));
          AtomicFile.writeText(temporary.resolve("state.json"), toJson(state, optimizer));
        });
    listener.saved(target);
    prune(state);
  }

  /** Reads the newest checkpoint's weights and moments; empty if there is none. */
  Optional<RunState> restoreLatest(AdamW optimizer) {
    if (Files.isDirectory(folder)) {
      // What a killed process was writing when it died.
      AtomicFile.cleanUp(folder);
    }
    List<Long> steps = steps();
    if (steps.isEmpty()) {
      return Optional.empty();
    }
    Path newest = path(steps.get(steps.size() - 1));
    ObjectNode json = readState(newest);
    files.readExact(newest);
    TensorFiles.readInto(newest.resolve("optimizer.safetensors"), optimizer.state());
    optimizer.resumeAt(json.path("optimizerSteps").asLong());
    return Optional.of(
        new RunState(
            json.path("step").asLong(),
            json.path("bestStep").asLong(),
            json.path("bestLoss").asDouble(Double.POSITIVE_INFINITY),
            json.path("stale").asInt(),
            json.path("tokens").asLong(),
            json.path("seconds").asDouble()));
  }

  /** Reads the weights of a step's checkpoint. */
  void readWeights(long step) {
    files.readExact(path(step));
  }

  /** The steps that have a checkpoint, ascending. */
  public List<Long> steps() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(p -> NAME.matcher(String.valueOf(p.getFileName())))
          .filter(java.util.regex.Matcher::matches)
          .map(m -> Long.parseLong(m.group(1)))
          .sorted(Comparator.naturalOrder())
          .toList();
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be read: " + Reason.of(e), e);
    }
  }

  /** The folder of a step's checkpoint. */
  public Path path(long step) {
    return folder.resolve("step-" + step);
  }

  /**
   * Writes the batch that broke a run to {@code OUTPUT/failed-batch.json}.
   *
   * @return what to throw
   */
  LuthierException failed(long step, String what, List<String> where, List<Batch> batches) {
    Path file = output.resolve("failed-batch.json");
    createFolder();
    List<Map<String, Object>> dump = new ArrayList<>();
    List<Integer> rows = new ArrayList<>();
    for (Batch b : batches) {
      dump.add(
          Map.of(
              "rows",
              b.rows(),
              "length",
              b.length(),
              "input_ids",
              b.tokens(),
              "labels",
              b.labels(),
              "position_ids",
              b.positions(),
              "documents",
              b.documents(),
              "data_rows",
              b.sources()));
      for (int[] sources : b.sources()) {
        for (int source : sources) {
          rows.add(source);
        }
      }
    }
    try {
      AtomicFile.writeText(file, JSON.writeValueAsString(Map.of("step", step, "batches", dump)));
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be written: " + Reason.of(e), e);
    }
    List<Long> saved = steps();
    return new LuthierException(
        "step "
            + step
            + ": "
            + what
            + (where.isEmpty()
                ? ""
                : "; the first output that is not finite is that of " + where.get(0))
            + ". Data rows "
            + (rows.size() > 20 ? rows.subList(0, 20) + " and more" : rows)
            + "; the batch is in "
            + file
            + (saved.isEmpty()
                ? ""
                : "; the last good checkpoint is " + path(saved.get(saved.size() - 1)))
            + ". Try a lower train.learningRate, or look at those rows."
            + " See docs/troubleshooting.md#not-finite");
  }

  private void prune(RunState state) {
    List<Long> steps = steps();
    for (int i = 0; i < steps.size() - Math.max(1, keep); i++) {
      if (steps.get(i) != state.bestStep()) {
        try {
          AtomicFile.deleteTree(path(steps.get(i)));
        } catch (IOException e) {
          listener.message(path(steps.get(i)) + " cannot be deleted: " + Reason.of(e));
        }
      }
    }
  }

  private void createFolder() {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be created: " + Reason.of(e), e);
    }
  }

  private static String toJson(RunState state, AdamW optimizer) {
    ObjectNode json = JSON.createObjectNode();
    json.put("step", state.step());
    json.put("optimizerSteps", optimizer.steps());
    json.put("bestStep", state.bestStep());
    if (Double.isFinite(state.bestLoss())) {
      json.put("bestLoss", state.bestLoss());
    }
    json.put("stale", state.stale());
    json.put("tokens", state.tokens());
    json.put("seconds", state.seconds());
    return json.toPrettyString() + "\n";
  }

  private static ObjectNode readState(Path checkpoint) {
    return Json.read(checkpoint.resolve("state.json"));
  }
}
