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
 * @param tokens rows that stand in the place of the table's
 */
public record Embedding(
    Tensor weight, int rows, int width, ScalarType compute, @Nullable TokenRows tokens) {
  /** All rows are the table's. */
  public Embedding(Tensor weight, int rows, int width, ScalarType compute) {
    this(weight, rows, width, compute, null);
  }

  /**
   * The rows of these ids.
   *
   * @param ids int64, any shape
   * @param tape to record on, or null
   * @return (..., D)
   */
  public Value forward(Tensor ids, @Nullable Tape tape) {
    boolean wanted = tape != null && (weight.requires_grad() || tokens != null && tokens.trained());
    Value rows = Value.lazy(tape, wanted, () -> lookUp(ids));
    if (tape != null && wanted) {
      tape.record(() -> backward(ids, rows.gradient()), rows);
    }
    return rows;
  }

  private Tensor lookUp(Tensor ids) {
    Tensor found = Tensors.cast(torch.embedding(weight.detach(), ids), compute);
    if (tokens != null) {
      tokens.replace(ids, found);
    }
    return found;
  }

  private void backward(Tensor ids, Tensor dy) {
    if (tokens != null) {
      tokens.addGradient(ids, dy);
    }
    if (!weight.requires_grad()) {
      return;
    }
    if (!weight.grad().defined()) {
      weight.mutable_grad().put(torch.zeros_like(weight.detach()));
    }
    weight
        .mutable_grad()
        .index_add_(0, ids.flatten(), Tensors.cast(dy.reshape(-1, dy.size(-1)), ScalarType.Float));
  }
}
