package dev.luthier.nn;

import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * What one block is given beside x in one forward pass: the rotary tables, which keys each query
 * sees, the keys and values of earlier tokens when decoding, and the generator for dropout when
 * training.
 *
 * @param rotary tables for this batch's positions
 * @param attention which keys each query sees
 * @param cache keys and values so far, or null when the batch holds whole sequences
 * @param dropout this block's generator, or null when nothing is dropped
 */
public record Pass(
    Rotary.Tables rotary,
    AttentionPlan attention,
    @Nullable KvCache cache,
    @Nullable Generator dropout) {

  /** The same pass over a block with this cache. */
  public Pass withCache(KvCache of) {
    return new Pass(rotary, attention, of, dropout);
  }

  /** The same pass, drawing dropout from this generator. */
  public Pass withDropout(Generator generator) {
    return new Pass(rotary, attention, cache, generator);
  }

  /**
   * A mask of x's shape: 0 with this probability, 1 / (1 - p) elsewhere; null if nothing is
   * dropped.
   */
  @Nullable Tensor dropoutMask(Tensor x, double probability) {
    if (dropout == null || probability == 0) {
      return null;
    }
    return torch
        .empty_like(x)
        .bernoulli_(1 - probability, new GeneratorOptional(dropout))
        .div_(Tensors.scalar(1 - probability));
  }
}
