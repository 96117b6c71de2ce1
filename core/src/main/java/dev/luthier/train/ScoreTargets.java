package dev.luthier.train;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/**
 * What scores (N, C) should be, as tensors beside them.
 *
 * @param values (N, C)
 * @param factors (N, 1): each row's weight over C
 */
record ScoreTargets(Tensor values, Tensor factors) {
  static ScoreTargets of(Tensor scores, LabelTokens labels) {
    long width = scores.size(1);
    float[] values = Objects.requireNonNull(labels.values(), "labels without values");
    float[] factors = new float[labels.count()];
    for (int i = 0; i < factors.length; i++) {
      factors[i] = labels.weights()[i] / width;
    }
    Device device = Device.of(scores);
    return new ScoreTargets(
        Tensors.floats(values, device, labels.count(), width),
        Tensors.floats(factors, device, labels.count(), 1));
  }

  /** Losses (N, C) and their derivatives as one loss. */
  Objective.Loss loss(Tensor losses, Tensor derivatives) {
    return new Objective.Loss(losses.mul(factors).sum().item_double(), derivatives.mul(factors));
  }
}
