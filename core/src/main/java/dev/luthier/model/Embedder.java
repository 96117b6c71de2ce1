package dev.luthier.model;

import dev.luthier.nn.Embedding;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Tape;
import dev.luthier.nn.Value;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** From token ids to what the first block reads. */
public interface Embedder {
  /** The rows of a table, as they are. */
  static Embedder of(Embedding table) {
    return (tokens, pass, tape) -> table.forward(tokens, tape);
  }

  /**
   * The embedded tokens.
   *
   * @param tokens int64 (B, T)
   * @param tape to record on, or null
   * @return (B, T, D), in the compute dtype
   */
  Value forward(Tensor tokens, Pass pass, @Nullable Tape tape);
}
