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
  /** {@code x sigmoid(1.702 x)}. */
  QUICK_GELU,
  /** {@code max(x, 0)}. */
  RELU,
  /** {@code max(x, 0)^2}. So et al., "Primer", arXiv 2109.08668. */
  RELU_SQUARED,
  /** {@code max(x, x / 100)}. */
  LEAKY_RELU,
  /** {@code min(max(x, 0), 6)}. */
  RELU6,
  /** {@code 1 / (1 + e^-x)}. */
  SIGMOID,
  /** {@code x tanh(ln(1 + e^x))}. Misra, arXiv 1908.08681. */
  MISH,
  /** {@code x}. */
  LINEAR,
  /** Hyperbolic tangent. */
  TANH;

  private static final double QUICK = 1.702;
  private static final double LEAK = 0.01;

  /**
   * By Hugging Face's name.
   *
   * @throws LuthierException for a name that no supported model uses
   */
  public static Activation named(String name) {
    return switch (name) {
      case "silu", "swish" -> SILU;
      case "gelu", "gelu_python" -> GELU;
      case "gelu_new", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_fast", "gelu_accurate" ->
          GELU_TANH;
      case "quick_gelu" -> QUICK_GELU;
      case "relu" -> RELU;
      case "relu2" -> RELU_SQUARED;
      case "leaky_relu" -> LEAKY_RELU;
      case "relu6" -> RELU6;
      case "sigmoid" -> SIGMOID;
      case "mish" -> MISH;
      case "linear" -> LINEAR;
      case "tanh" -> TANH;
      default ->
          throw new LuthierException(
              "config.json: the activation is '"
                  + name
                  + "'; supported are silu, gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, quick_gelu,"
                  + " relu, relu2, relu6, leaky_relu, sigmoid, mish, linear and tanh");
    };
  }

  /** {@code act(x)}. */
  public Value forward(Value x) {
    Value y = Value.lazy(x.tape(), x.wanted(), () -> apply(x.tensor()));
    Tape tape = x.tape();
    if (tape != null && y.wanted()) {
      tape.record(() -> x.write(out -> backward(y.gradient(), x.tensor(), out)), y);
    }
    return y;
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

  /** How many tensors of x's size its derivative makes and drops. */
  public int copies() {
    return switch (this) {
      case SILU, LINEAR -> 0;
      case GELU, GELU_TANH, RELU, LEAKY_RELU, RELU6, SIGMOID, MISH -> 1;
      case RELU_SQUARED -> 2;
      case TANH -> 3;
      case QUICK_GELU -> 7;
    };
  }

  /** The same of {@link #gated}'s. */
  public int gatedCopies() {
    return this == SILU && Kernels.available() ? 0 : 2 + copies();
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
      case QUICK_GELU -> x.mul(torch.sigmoid(x.mul(Tensors.scalar(QUICK))));
      case RELU -> torch.relu(x);
      case RELU_SQUARED -> torch.relu(x).square_();
      case LEAKY_RELU -> torch.leaky_relu(x);
      case RELU6 -> torch.relu6(x);
      case SIGMOID -> torch.sigmoid(x);
      case MISH -> torch.mish(x);
      case LINEAR -> x.clone();
      case TANH -> torch.tanh(x);
    };
  }

  /** dy act'(x), written to out. */
  private void backward(Tensor dy, Tensor x, Tensor out) {
    switch (this) {
      case SILU -> torch.silu_backward_out(out, dy, x);
      case GELU -> out.copy_(torch.gelu_backward(dy, x));
      case GELU_TANH -> out.copy_(torch.gelu_backward(dy, x, "tanh"));
      case QUICK_GELU -> {
        Tensor s = torch.sigmoid(x.mul(Tensors.scalar(QUICK)));
        Tensor slope =
            s.mul(
                x.mul(Tensors.scalar(QUICK))
                    .mul_(s.neg().add_(Tensors.scalar(1)))
                    .add_(Tensors.scalar(1)));
        torch.mul_out(out, dy, slope);
      }
      case RELU -> torch.mul_out(out, dy, x.gt(Tensors.scalar(0)));
      case RELU_SQUARED -> torch.mul_out(out, dy, torch.relu(x).mul_(Tensors.scalar(2)));
      case LEAKY_RELU -> out.copy_(torch.leaky_relu_backward(dy, x, Tensors.scalar(LEAK), false));
      case RELU6 -> out.copy_(torch.hardtanh_backward(dy, x, Tensors.scalar(0), Tensors.scalar(6)));
      case SIGMOID -> out.copy_(torch.sigmoid_backward(dy, torch.sigmoid(x)));
      case MISH -> out.copy_(torch.mish_backward(dy, x));
      case LINEAR -> out.copy_(dy);
      case TANH -> torch.mul_out(out, dy, torch.tanh(x).square_().neg_().add_(Tensors.scalar(1)));
    }
  }
}
