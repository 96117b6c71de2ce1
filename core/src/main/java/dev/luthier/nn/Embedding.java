package dev.luthier.nn;

import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Rows of a table by token id.
 *
 * @param weight (V, D)
 * @param compute dtype of the rows handed out
 */
public record Embedding(Tensor weight, ScalarType compute) {
  /** (B, T) to (B, T, D). */
  public Tensor forward(Tensor tokens) {
    return Tensors.cast(torch.embedding(weight.detach(), tokens), compute);
  }

  /**
   * Adds to the table's gradient, if it is trained.
   *
   * @param tokens (B, T)
   * @param dy (B, T, D)
   */
  public void backward(Tensor tokens, Tensor dy) {
    if (!weight.requires_grad()) {
      return;
    }
    if (!weight.grad().defined()) {
      weight.mutable_grad().put(torch.zeros_like(weight.detach()));
    }
    weight
        .mutable_grad()
        .index_add_(
            0, tokens.flatten(), Tensors.cast(dy.reshape(-1, dy.size(-1)), ScalarType.Float));
  }
}
