package dev.luthier.train;

import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/** {@code sum_i w_i mean_j (z - y)^2}. */
final class SquaredError implements Objective {
  @Override
  public Loss loss(Tensor scores, LabelTokens labels) {
    ScoreTargets targets = ScoreTargets.of(scores, labels);
    Tensor error = scores.sub(targets.values());
    return targets.loss(error.square(), error.mul(Tensors.scalar(2)));
  }

  @Override
  public boolean ofScores() {
    return true;
  }
}
