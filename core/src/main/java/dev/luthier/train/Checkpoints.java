package dev.luthier.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.data.Batch;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Checksums;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import dev.luthier.optim.Optimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The checkpoints of a run: {@code OUTPUT/checkpoints/step-N}, each a folder that loads as an
 * adapter or model, with {@code optimizer.safetensors} and {@code state.json} beside the weights,
 * and the {@link Checksums} of them all. A folder appears under its name only when it is whole and
 * on the disk, and is checked when it is read back.
 */
public final class Checkpoints {
  private static final Pattern NAME = Pattern.compile("step-(\\d{1,18})");
  private static final String SEE_DAMAGED = "See docs/troubleshooting.md#damaged-checkpoint";
  private static final String SEE_FULL = "See docs/troubleshooting.md#disk-full";

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
   * Warns when the disk has no room for what the run will save.
   *
   * @param bytes of one checkpoint
   * @param best whether the best evaluated one stays besides
   */
  void checkRoom(long bytes, boolean best) {
    // One is written before another goes.
    int most = keep + 1 + (best ? 1 : 0);
    long free = AtomicFile.freeSpace(folder);
    if (bytes * Math.max(1, most - steps().size()) > free) {
      listener.message(
          String.format(
              Locale.ROOT,
              "warning: a checkpoint takes %,d bytes, up to %d stand at once, and the disk of %s"
                  + " has %,d bytes free. Make room, or the run will stop when it is full. %s",
              bytes,
              most,
              output,
              free,
              SEE_FULL));
    }
  }

  /**
   * Saves the state after {@code state.step()} steps and removes checkpoints that are no longer
   * kept.
   *
   * @param bytes that it will take
   * @throws LuthierException if it cannot be written; those before are as they were
   */
  void save(RunState state, Optimizer optimizer, long bytes) {
    Path target = path(state.step());
    try {
      createFolder();
      AtomicFile.writeFolder(
          target,
          temporary -> {
            files.writeExact(temporary);
            optimizer.write(
                temporary.resolve("optimizer.safetensors"),
                Map.of("format", "pt", "steps", Long.toString(optimizer.steps())));
            ObjectNode json = state.toJson().put("optimizerSteps", optimizer.steps());
            Json.write(temporary.resolve("state.json"), json);
            Checksums.write(temporary);
          });
    } catch (LuthierException e) {
      throw new LuthierException(
          String.format(
              Locale.ROOT,
              "%s A checkpoint takes %,d bytes in all%s. Repeat the command with --resume to go on."
                  + " %s",
              e.getMessage(),
              bytes,
              lastGood(),
              SEE_FULL),
          e);
    }
    listener.saved(target);
    prune(state);
  }

  /**
   * The newest step whose checkpoint is as it was written, from which a run goes on; 0 if there is
   * no checkpoint. Newer ones that are damaged are told, and stand aside as {@code step-N.damaged}.
   *
   * @throws LuthierException if there are checkpoints and all are damaged
   */
  public long newestWhole() {
    if (Files.isDirectory(folder)) {
      // What a killed process was writing when it died.
      AtomicFile.cleanUp(folder);
    }
    Map<Long, String> damaged = new LinkedHashMap<>();
    List<Long> steps = steps();
    for (int i = steps.size() - 1; i >= 0; i--) {
      long step = steps.get(i);
      Optional<String> damage = damage(step);
      if (damage.isEmpty()) {
        damaged.forEach((newer, what) -> setAside(newer, what, step));
        return step;
      }
      damaged.put(step, damage.get());
    }
    if (!damaged.isEmpty()) {
      throw new LuthierException(
          "no checkpoint of this run is whole, so it cannot go on:\n  "
              + String.join("\n  ", damaged.values())
              + "\nPut one of them back from a copy, or delete "
              + output
              + " to start over. "
              + SEE_DAMAGED);
    }
    return 0;
  }

  private void setAside(long step, String damage, long used) {
    Path aside = folder.resolve("step-" + step + ".damaged");
    try {
      AtomicFile.deleteTree(aside);
      Files.move(path(step), aside, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new LuthierException(path(step) + " cannot be renamed: " + Reason.of(e), e);
    }
    listener.message(
        "warning: "
            + damage
            + "; it now stands aside as "
            + aside.getFileName()
            + ", and the run goes on from "
            + path(used)
            + ". "
            + SEE_DAMAGED);
  }

  /** What of a step's checkpoint is not as it was written, if anything. */
  Optional<String> damage(long step) {
    List<String> damage = Checksums.damage(path(step));
    return damage.isEmpty()
        ? Optional.empty()
        : Optional.of(path(step) + " is damaged: " + String.join("; ", damage));
  }

  /** Reads a whole checkpoint's weights and moments. */
  RunState restore(long step, Optimizer optimizer) {
    Path checkpoint = path(step);
    ObjectNode json = Json.read(checkpoint.resolve("state.json"));
    files.readExact(checkpoint);
    optimizer.read(
        checkpoint.resolve("optimizer.safetensors"), json.path("optimizerSteps").asLong());
    return RunState.of(json);
  }

  /**
   * Reads the weights of a step's checkpoint.
   *
   * @throws LuthierException if it is damaged
   */
  void readWeights(long step) {
    damage(step)
        .ifPresent(
            damage -> {
              throw new LuthierException(
                  damage
                      + ". Repeat the command with --resume to go on without it. "
                      + SEE_DAMAGED);
            });
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

  /** Where optimizer state that is paged may lie while the run goes on. */
  Path optimizerPages() {
    return output.resolve("optimizer.pages");
  }

  /** The folder of a step's checkpoint. */
  public Path path(long step) {
    return folder.resolve("step-" + step);
  }

  /**
   * Writes the batch that broke a run to {@code OUTPUT/failed-batch.json}.
   *
   * @param what was not finite
   * @param where the first part of the model whose output was not, if known
   * @return what to throw
   */
  LuthierException failed(long step, String what, Optional<String> where, List<Batch> batches) {
    Path file = FailedBatch.write(output, step, batches);
    return new LuthierException(
        "step "
            + step
            + ": "
            + what
            + where.map(w -> "; the first output that is not finite is that of " + w).orElse("")
            + ". Data rows "
            + FailedBatch.rows(batches)
            + "; the batch is in "
            + file
            + lastGood()
            + ". Try a lower train.learningRate, or look at those rows."
            + " See docs/troubleshooting.md#not-finite");
  }

  /** What to throw when a trained tensor broke in an update. */
  LuthierException notFinite(long step, String tensor) {
    return new LuthierException(
        "after step "
            + step
            + " "
            + tensor
            + " is not finite; it is not saved"
            + lastGood()
            + ". Repeat the command with --resume to go on. See docs/troubleshooting.md#not-finite");
  }

  private String lastGood() {
    List<Long> saved = steps();
    return saved.isEmpty()
        ? "; there is no checkpoint yet"
        : "; the last good checkpoint is " + path(saved.get(saved.size() - 1));
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
}
