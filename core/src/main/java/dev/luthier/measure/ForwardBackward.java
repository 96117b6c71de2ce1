package dev.luthier.measure;

import dev.luthier.data.Batch;
import dev.luthier.model.Transformer;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.Objective;
import dev.luthier.train.StepLayout;
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

  /** Ours. */
  static ForwardBackward blockwise(Transformer model, StepLayout layout) {
    BlockwiseStep step = new BlockwiseStep(model, WeightSource.of(model), layout);
    Objective objective = Objective.crossEntropy();
    return (batch, scale, seed) -> step.forwardBackward(batch, objective, scale, seed);
  }
}
