package dev.luthier.nn;

import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a table by token id.
 *
 * @param weight (V, D); a stand-in where the files have none of this shape
 * @param rows V
 * @param width D
 * @param compute dtype of the rows handed out
 */
public record Embedding(Tensor weight, int rows, int width, ScalarType compute) {
  /**
   * The rows of these ids.
   *
   * @param ids int64, any shape
   * @param tape to record on, or null
   * @return (..., D)
   */
  public Value forward(Tensor ids, @Nullable Tape tape) {
    boolean wanted = tape != null && weight.requires_grad();
    Value rows =
        Value.lazy(
            tape, wanted, () -> Tensors.cast(torch.embedding(weight.detach(), ids), compute));
    if (tape != null && wanted) {
      tape.record(() -> backward(ids, rows.gradient()), rows);
    }
    return rows;
  }

  private void backward(Tensor ids, Tensor dy) {
    if (!weight.grad().defined()) {
      weight.mutable_grad().put(torch.zeros_like(weight.detach()));
    }
    weight
        .mutable_grad()
        .index_add_(0, ids.flatten(), Tensors.cast(dy.reshape(-1, dy.size(-1)), ScalarType.Float));
  }
}
