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
   * x with elements zeroed with this probability and the others scaled by 1 / (1 - p); x itself
   * without a generator.
   */
  Tensor dropout(Tensor x, double probability) {
    if (dropout == null || probability == 0) {
      return x;
    }
    Tensor keep =
        torch.empty_like(x.detach()).bernoulli_(1 - probability, new GeneratorOptional(dropout));
    return x.mul(keep.div_(Tensors.scalar(1 - probability)));
  }
}
