package dev.luthier.recipe.bench;

import dev.luthier.Complaints;
import dev.luthier.export.GgufFileType;
import dev.luthier.serve.EngineSettings;
import dev.luthier.tensor.ComputeDtype;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What {@code luthier bench serve} measures.
 *
 * @param shape of a model with random weights
 * @param model or a folder
 * @param dtype what it computes in
 * @param weights how matrices are held, one after another; requests together run with the first
 * @param llama types of GGUF files of the same model that llama.cpp decodes, to compare with
 * @param requests that are decoded together
 * @param prompt tokens of each
 * @param answer new tokens of each
 * @param adapters mixed in one batch; 0 for none
 */
public record ServeBenchSettings(
    Optional<PublishedShape> shape,
    Optional<Path> model,
    ComputeDtype dtype,
    List<EngineSettings.Weights> weights,
    List<GgufFileType> llama,
    int requests,
    int prompt,
    int answer,
    int adapters) {

  /** Checks everything at once. */
  public ServeBenchSettings {
    weights = List.copyOf(weights);
    llama = List.copyOf(llama);
    new Complaints()
        .unless(
            shape.isPresent() != model.isPresent(),
            "shape, model",
            shape.isPresent() ? "both" : "neither",
            "must be one of the two")
        .unless(!weights.isEmpty(), "weights", weights, "must name at least one")
        .unless(requests >= 1, "requests", requests, "must be at least 1")
        .unless(prompt >= 1, "prompt", prompt, "must be at least 1")
        .unless(answer >= 8, "answer", answer, "must be at least 8, of which the middle counts")
        .unless(adapters >= 0, "adapters", adapters, "must be 0 or more")
        .throwIfAny();
  }

  /** The shape's name, or the folder. */
  public String what() {
    return shape.map(PublishedShape::toString).orElseGet(() -> model.orElseThrow().toString());
  }
}
