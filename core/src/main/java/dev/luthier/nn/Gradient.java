package dev.luthier.nn;

import dev.luthier.tensor.Products;
import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Gradients of trained parameters: float32, held in the tensor's own grad, added up. */
final class Gradient {
  private Gradient() {}

  /** Adds scale times g to the parameter's gradient. */
  static void add(Tensor parameter, Tensor g, double scale) {
    Tensor sum = parameter.mutable_grad();
    if (sum.defined()) {
      sum.add_(g, Tensors.scalar(scale));
    } else {
      Tensor first = g.to(ScalarType.Float, false, true, null);
      sum.put(scale == 1 ? first : first.mul_(Tensors.scalar(scale)));
    }
  }

  /**
   * Adds {@code scale a^T b} to the parameter's gradient.
   *
   * @param a (N, out)
   * @param b (N, in)
   */
  static void addProduct(Tensor parameter, Tensor a, Tensor b, double scale) {
    Tensor sum = parameter.mutable_grad();
    if (sum.defined() && Tensors.dtype(a) == ScalarType.Float) {
      Products.into(sum, a.t(), b, scale, 1);
    } else {
      add(parameter, Products.of(a.t(), b), scale);
    }
  }
}
