package dev.luthier.measure;

import dev.luthier.data.Batch;
import dev.luthier.model.Decoder;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.Objective;
import dev.luthier.train.WeightSource;

/** A way to compute the gradients of one micro-batch. */
public interface ForwardBackward {
  /**
   * Adds the gradient of {@code scale * loss} to the trainable parameters' gradients.
   *
   * @param seed dropout follows from it
   * @return the sum of the cross-entropy over label tokens, in nats
   */
  double run(Batch batch, double scale, long seed);

  /** Ours, with all weights in memory. */
  static ForwardBackward blockwise(Decoder model, boolean recompute) {
    BlockwiseStep step = new BlockwiseStep(model, WeightSource.of(model), recompute);
    Objective objective = Objective.crossEntropy();
    return (batch, scale, seed) -> step.forwardBackward(batch, objective, scale, seed);
  }
}
