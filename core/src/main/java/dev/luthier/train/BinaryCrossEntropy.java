package dev.luthier.train;

import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** {@code sum_i w_i mean_j (max(z, 0) - z y + log(1 + e^-|z|))}, which overflows nowhere. */
final class BinaryCrossEntropy implements Objective {
  @Override
  public Loss loss(Tensor scores, LabelTokens labels) {
    ScoreTargets targets = ScoreTargets.of(scores, labels);
    Tensor losses =
        scores
            .clamp_min(Tensors.scalar(0))
            .sub(scores.mul(targets.values()))
            .add(scores.abs().neg().exp().log1p());
    return targets.loss(losses, torch.sigmoid(scores).sub(targets.values()));
  }

  @Override
  public boolean ofScores() {
    return true;
  }
}
