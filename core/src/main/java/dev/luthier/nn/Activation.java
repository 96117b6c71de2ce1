package dev.luthier.nn;

import dev.luthier.LuthierException;
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

  /** Applies it to every element. */
  public Tensor apply(Tensor x) {
    return switch (this) {
      case SILU -> torch.silu(x);
      case GELU -> torch.gelu(x);
      case GELU_TANH -> torch.gelu(x, "tanh");
      case RELU -> torch.relu(x);
    };
  }
}
