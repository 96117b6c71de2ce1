package dev.luthier.nn;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Kernels;
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
 * @param offset added to the weight: Gemma stores {@code w - 1}
 */
public record RmsNorm(Tensor weight, double eps, double offset) implements Norm {
  /** The weight as it is. */
  public RmsNorm(Tensor weight, double eps) {
    this(weight, eps, 0);
  }

  @Override
  public Value forward(Value x) {
    Tape tape = x.tape();
    try (Op op = new Op()) {
      Tensor in = x.tensor().contiguous();
      Tensor scale;
      Tensor y;
      if (hasKernel(in)) {
        scale = torch.empty(rows(in), Tensors.options(ScalarType.Float, Device.CPU), null);
        y = op.out(torch.empty_like(in));
        Kernels.rmsNorm(in, weight(Tensors.dtype(in)), eps, y, scale);
      } else {
        Tensor wide = wide(in);
        scale = torch.rsqrt(mean(wide.square()).add_(Tensors.scalar(eps))); // (..., 1)
        y = op.out(weighted(wide.mul_(scale), Tensors.dtype(in)));
      }
      if (tape == null) {
        return Value.of(y);
      }
      Value result = Value.leaf(tape, y, x.wanted() || weight.requires_grad());
      if (!result.wanted()) {
        return result;
      }
      tape.record(new Step(this, x, result, op.out(scale)), result);
      return result;
    }
  }

  @Override
  public int copies() {
    return offset == 0 && Kernels.available() ? 0 : 4;
  }

  /** Rounding w + 1 would lose what w says, so Gemma's norms stay in float32. */
  boolean hasKernel(Tensor in) {
    return Kernels.take(in) && (offset == 0 || Tensors.dtype(in) == ScalarType.Float);
  }

  Tensor weight(ScalarType dtype) {
    Tensor w = weight.detach();
    return offset == 0
        ? Tensors.cast(w, dtype)
        : Tensors.cast(Tensors.cast(w, ScalarType.Float).add(Tensors.scalar(offset)), dtype);
  }

  /** Llama's norm rounds before it multiplies, Gemma's after. */
  private Tensor weighted(Tensor normed, ScalarType dtype) {
    return offset == 0
        ? Tensors.cast(normed, dtype).mul_(weight(dtype))
        : Tensors.cast(normed.mul_(weight(ScalarType.Float)), dtype);
  }

  private static long[] rows(Tensor x) {
    long[] shape = Tensors.shape(x);
    shape[shape.length - 1] = 1;
    return shape;
  }

  /** A float32 copy. */
  private static Tensor wide(Tensor x) {
    return x.to(ScalarType.Float, false, true, null);
  }

  private static Tensor mean(Tensor x) {
    return x.mean(new long[] {-1}, true, new ScalarTypeOptional(ScalarType.Float));
  }

  /** With n = x scale: dx = scale (w dy - n mean(w dy n)), dw = sum over tokens of dy n. */
  private record Step(RmsNorm norm, Value x, Value y, Tensor scale) implements Tape.Step {
    @Override
    public void backward() {
      Tensor in = x.tensor().contiguous();
      Tensor dy = y.gradient();
      Tensor weight = norm.weight;
      if (weight.requires_grad()) {
        Tensor n = wide(in).mul_(scale);
        Gradient.add(weight, n.mul_(dy).reshape(-1, n.size(-1)).sum(0), 1);
      }
      if (!x.wanted()) {
        return;
      }
      if (norm.hasKernel(in) && !x.isView()) {
        Tensor w = norm.weight(Tensors.dtype(in));
        x.add((before, dx) -> Kernels.rmsNormBackward(in, w, scale, dy, before, dx));
        return;
      }
      Tensor n = wide(in).mul_(scale);
      Tensor g = wide(dy).mul_(norm.weight(ScalarType.Float));
      Tensor along = mean(g.mul(n)); // (..., 1)
      Tensor dx = g.addcmul_(n, along, Tensors.scalar(-1)).mul_(scale);
      x.give(Tensors.cast(dx, Tensors.dtype(in)));
    }

    @Override
    public void release() {
      scale.close();
    }
  }
}
