package dev.luthier.recipe.bench;

import dev.luthier.Complaints;
import dev.luthier.recipe.SftSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is measured.
 *
 * @param shape a published shape with random weights; or
 * @param model a model's folder: exactly one of the two
 * @param method which weights are trained
 * @param length T, tokens per row
 * @param rows B
 * @param steps timed optimizer steps, after one that warms up
 * @param recompute whether blocks are computed again on the way back
 * @param stream whether the model's frozen matrices stay on the disk
 * @param baseline whether the ordinary way is timed too
 * @param budget bytes of memory that the plan may take; a larger one is refused
 * @param dtype what the model computes in
 * @param device where it lives
 */
public record StepBenchSettings(
    Optional<PublishedShape> shape,
    Optional<Path> model,
    SftSettings.Method method,
    int length,
    int rows,
    int steps,
    boolean recompute,
    boolean stream,
    boolean baseline,
    OptionalLong budget,
    ComputeDtype dtype,
    Device device) {

  /** Checks everything at once. */
  public StepBenchSettings {
    Complaints complaints = new Complaints();
    if (shape.isPresent() == model.isPresent()) {
      complaints.add("give either --shape or --model: one of " + PublishedShape.labels());
    }
    if (length < 2) {
      complaints.add(
          "--seq is " + length + ": must be at least 2, for a row's first token has no label");
    }
    if (rows < 1) {
      complaints.add("--batch is " + rows + ": must be at least 1");
    }
    if (steps < 1) {
      complaints.add("--steps is " + steps + ": must be at least 1");
    }
    if (stream && (model.isEmpty() || method != SftSettings.Method.LORA)) {
      complaints.add("--stream reads frozen weights from a folder: give --model and --method lora");
    }
    complaints.throwIfAny();
  }

  /** What the model is called. */
  public String what() {
    return shape.map(PublishedShape::toString).or(() -> model.map(Path::toString)).orElseThrow();
  }

  /** B x T. */
  public long tokens() {
    return (long) rows * length;
  }
}
