package dev.luthier.model;

import dev.luthier.nn.BlockKernel;
import dev.luthier.nn.BlockWeights;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Value;
import java.util.Optional;

/**
 * One layer of a model: the unit in which weights are held, activations recomputed and gradients
 * applied.
 */
public interface Block {
  /** x (B, T, D) to (B, T, D). */
  Value forward(Value x, Pass pass);

  /** What it is made of, if that is what {@link BlockKernel} computes. */
  default Optional<BlockKernel.Parts> kernelParts() {
    return Optional.empty();
  }

  /** Its matrices. */
  BlockWeights weights();

  /** What it holds while it runs. */
  BlockShape shape();
}
