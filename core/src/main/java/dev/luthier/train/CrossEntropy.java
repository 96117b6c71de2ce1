package dev.luthier.train;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/** {@code -sum_i w_i log p_i}. */
final class CrossEntropy implements Objective {
  @Override
  public Loss loss(Tensor logProbs, LabelTokens labels) {
    Tensor minus =
        Tensors.to(
            Tensors.floats(labels.weights(), Device.CPU, labels.count()).neg(),
            Device.of(logProbs));
    return new Loss(logProbs.mul(minus).sum().item_double(), minus);
  }

  @Override
  public boolean isTokenSum() {
    return true;
  }
}
