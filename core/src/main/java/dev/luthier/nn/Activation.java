package dev.luthier.nn;

import dev.luthier.LuthierException;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The activation functions that {@code hidden_act} names. */
public enum Activation {
  /** {@code x sigmoid(x)}. */
  SILU,
  /** {@code x Phi(x)}, exact. */
  GELU,
  /** The tanh approximation of GELU. */
  GELU_TANH,
  /** {@code max(x, 0)}. */
  RELU;

  /**
   * By Hugging Face's name.
   *
   * @throws LuthierException for a name that no supported model uses
   */
  public static Activation named(String name) {
    return switch (name) {
      case "silu", "swish" -> SILU;
      case "gelu" -> GELU;
      case "gelu_new", "gelu_pytorch_tanh", "gelu_fast" -> GELU_TANH;
      case "relu" -> RELU;
      default ->
          throw new LuthierException(
              "config.json: hidden_act is '"
                  + name
                  + "'; supported are silu, gelu, gelu_new, gelu_pytorch_tanh and relu");
    };
  }

  /** {@code act(gate) * up}, as in gated feed-forward layers (Shazeer, arXiv 2002.05202). */
  public Value gated(Value gate, Value up) {
    Tape tape = gate.tape();
    try (Op op = new Op()) {
      Tensor y = op.out(gated(gate.tensor(), up.tensor()));
      if (tape == null) {
        return Value.of(y);
      }
      Value result = Value.leaf(tape, y, gate.wanted() || up.wanted());
      if (result.wanted()) {
        tape.record(() -> backward(gate, up, result.gradient()), result);
      }
      return result;
    }
  }

  private boolean hasKernel(Tensor x) {
    return this == SILU && Kernels.take(x);
  }

  private Tensor gated(Tensor gate, Tensor up) {
    if (!hasKernel(gate)) {
      return apply(gate).mul_(up);
    }
    Tensor y = torch.empty(Tensors.shape(gate), gate.options(), null);
    Kernels.siluGate(rows(gate), rows(up), y);
    return y;
  }

  /** (..., F) as (N, F). */
  private static Tensor rows(Tensor x) {
    return x.view(-1, x.size(-1));
  }

  private void backward(Value gate, Value up, Tensor dy) {
    Tensor g = gate.tensor();
    Tensor u = up.tensor();
    if (hasKernel(g) && gate.wanted() && up.wanted()) {
      gate.write(
          dg -> up.write(du -> Kernels.siluGateBackward(rows(g), rows(u), dy, rows(dg), rows(du))));
      return;
    }
    if (up.wanted()) {
      up.write(out -> torch.mul_out(out, dy, apply(g)));
    }
    if (gate.wanted()) {
      gate.write(out -> backward(dy.mul(u), g, out));
    }
  }

  /** Applies it to every element. */
  public Tensor apply(Tensor x) {
    return switch (this) {
      case SILU -> torch.silu(x);
      case GELU -> torch.gelu(x);
      case GELU_TANH -> torch.gelu(x, "tanh");
      case RELU -> torch.relu(x);
    };
  }

  /** dy act'(x), written to out. */
  private void backward(Tensor dy, Tensor x, Tensor out) {
    switch (this) {
      case SILU -> torch.silu_backward_out(out, dy, x);
      case GELU -> out.copy_(torch.gelu_backward(dy, x));
      case GELU_TANH -> out.copy_(torch.gelu_backward(dy, x, "tanh"));
      case RELU -> torch.mul_out(out, dy, x.gt(Tensors.scalar(0)));
    }
  }
}
