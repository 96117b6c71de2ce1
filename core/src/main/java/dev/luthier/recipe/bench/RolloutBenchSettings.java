package dev.luthier.recipe.bench;

import dev.luthier.Complaints;
import dev.luthier.tensor.ComputeDtype;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What {@code luthier bench rollout} measures.
 *
 * @param shape of a model with random weights
 * @param model or a folder
 * @param dtype what it computes in
 * @param prompts of an iteration
 * @param generations answers to each
 * @param prompt tokens of a prompt
 * @param answer tokens of an answer
 * @param rounds that are timed, after one that warms up
 */
public record RolloutBenchSettings(
    Optional<PublishedShape> shape,
    Optional<Path> model,
    ComputeDtype dtype,
    int prompts,
    int generations,
    int prompt,
    int answer,
    int rounds) {

  /** Checks everything at once. */
  public RolloutBenchSettings {
    new Complaints()
        .unless(
            shape.isPresent() != model.isPresent(),
            "shape, model",
            shape.isPresent() ? "both" : "neither",
            "must be one of the two")
        .unless(prompts >= 1, "prompts", prompts, "must be at least 1")
        .unless(generations >= 2, "generations", generations, "must be at least 2")
        .unless(prompt >= 1, "prompt", prompt, "must be at least 1")
        .unless(answer >= 1, "answer", answer, "must be at least 1")
        .unless(rounds >= 1, "rounds", rounds, "must be at least 1")
        .throwIfAny();
  }

  /** The shape's name, or the folder. */
  public String what() {
    return shape.map(PublishedShape::toString).orElseGet(() -> model.orElseThrow().toString());
  }

  /** Answers of an iteration. */
  int answers() {
    return prompts * generations;
  }
}
