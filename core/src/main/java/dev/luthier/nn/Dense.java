package dev.luthier.nn;

import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A plain matrix. A trainable one is float32 and is rounded to x's dtype on the way, inside the
 * graph.
 */
public final class Dense implements Linear {
  private final Tensor weight;
  private final @Nullable Tensor bias;

  /**
   * @param weight (out, in)
   * @param bias (out), or null
   */
  public Dense(Tensor weight, @Nullable Tensor bias) {
    this.weight = weight;
    this.bias = bias;
  }

  @Override
  public Tensor forward(Tensor x, Pass pass) {
    Tensor w = Tensors.cast(weight, x.scalar_type());
    if (bias == null) {
      return torch.linear(x, w);
    }
    return torch.linear(x, w, new TensorOptional(Tensors.cast(bias, x.scalar_type())));
  }

  @Override
  public Tensor weight() {
    return Tensors.cast(weight.detach(), ScalarType.Float);
  }
}
