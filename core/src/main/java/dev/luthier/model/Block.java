package dev.luthier.model;

import dev.luthier.nn.Pass;
import org.bytedeco.pytorch.Tensor;

/**
 * One layer of a model: the unit in which weights are held, activations recomputed and gradients
 * applied.
 */
public interface Block {
  /** x (B, T, D) to (B, T, D). */
  Tensor forward(Tensor x, Pass pass);
}
