package dev.luthier.nn;

import dev.luthier.tensor.Operators;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * {@code w (x - mean) / sqrt(variance + eps) + b}. Ba et al., "Layer Normalization", arXiv
 * 1607.06450.
 *
 * @param weight (D)
 * @param bias (D)
 * @param eps added under the root
 */
public record LayerNorm(Tensor weight, Tensor bias, double eps) implements Norm {
  /** The norm whose parameters are {@code path.weight} and {@code path.bias}. */
  public static LayerNorm of(Parameters parameters, String path, int width, double eps) {
    return new LayerNorm(
        parameters.get(path + ".weight", Init.ONES, width),
        parameters.get(path + ".bias", Init.ZEROS, width),
        eps);
  }

  /** A norm without parameters: w is 1 and b is 0. */
  public static LayerNorm plain(Parameters parameters, int width, double eps) {
    float[] ones = new float[width];
    Arrays.fill(ones, 1);
    return new LayerNorm(
        Tensors.pin(Tensors.floats(ones, parameters.device(), width)),
        Tensors.pin(Tensors.floats(new float[width], parameters.device(), width)),
        eps);
  }

  @Override
  public Value forward(Value x) {
    Tape tape = x.tape();
    try (Op op = new Op()) {
      Tensor in = x.tensor().contiguous();
      Tensor w = Tensors.cast(weight.detach(), Tensors.dtype(in));
      Tensor b = Tensors.cast(bias.detach(), Tensors.dtype(in));
      T_TensorTensorTensor_T all =
          torch.native_layer_norm(
              in, new long[] {in.size(-1)}, new TensorOptional(w), new TensorOptional(b), eps);
      Tensor y = op.out(new Tensor(all.get0()));
      if (tape == null) {
        return Value.of(y);
      }
      boolean wanted = x.wanted() || weight.requires_grad() || bias.requires_grad();
      Value result = Value.leaf(tape, y, wanted);
      if (wanted) {
        Tensor mean = op.out(new Tensor(all.get1()));
        Tensor scale = op.out(new Tensor(all.get2()));
        tape.record(new Step(this, x, result, mean, scale), result);
      }
      return result;
    }
  }

  private record Step(LayerNorm norm, Value x, Value y, Tensor mean, Tensor scale)
      implements Tape.Step {
    @Override
    public void backward() {
      Tensor in = x.tensor().contiguous();
      Tensor w = Tensors.cast(norm.weight.detach(), Tensors.dtype(in));
      Tensor b = Tensors.cast(norm.bias.detach(), Tensors.dtype(in));
      Tensor[] gradients =
          Operators.layerNormBackward(y.gradient().contiguous(), in, mean, scale, w, b);
      if (norm.weight.requires_grad()) {
        Gradient.add(norm.weight, gradients[1], 1);
      }
      if (norm.bias.requires_grad()) {
        Gradient.add(norm.bias, gradients[2], 1);
      }
      if (x.wanted()) {
        x.give(gradients[0]);
      }
    }

    @Override
    public void release() {
      mean.close();
      scale.close();
    }
  }
}
