package dev.luthier.nn;

import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * {@code w * x / sqrt(mean(x^2) + eps)}, the mean in float32. Zhang and Sennrich, "Root Mean Square
 * Layer Normalization", arXiv 1910.07467.
 *
 * @param weight (D)
 * @param eps added under the root
 */
public record RmsNorm(Tensor weight, double eps) {
  /** x (..., D) to (..., D) in x's dtype. */
  public Tensor forward(Tensor x) {
    Tensor f = Tensors.cast(x, ScalarType.Float);
    Tensor mean = f.square().mean(new long[] {-1}, true, new ScalarTypeOptional(ScalarType.Float));
    Tensor y = f.mul(torch.rsqrt(mean.add(Tensors.scalar(eps))));
    return Tensors.cast(y, x.scalar_type()).mul(Tensors.cast(weight, x.scalar_type()));
  }
}
