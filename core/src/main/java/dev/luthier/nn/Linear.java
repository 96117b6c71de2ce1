package dev.luthier.nn;

import org.bytedeco.pytorch.Tensor;

/** A learned map {@code y = x W^T + b}; rows of W are outputs, as Hugging Face stores them. */
public sealed interface Linear permits Dense, Lora {
  /**
   * The map's value.
   *
   * @param x (..., in), in the compute dtype
   * @param pass the forward pass, for dropout
   * @return (..., out), in x's dtype
   */
  Tensor forward(Tensor x, Pass pass);

  /** The effective weight (out, in), float32. */
  Tensor weight();
}
