package dev.luthier.nn;

import dev.luthier.tensor.Tensors;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * What one block is given beside x in one forward pass: how its tokens see one another, the keys
 * and values of earlier tokens when decoding, and the generator for dropout when training.
 *
 * @param places where the tokens stand
 * @param views in the order that the model's blocks count them; most models have one
 * @param cache keys and values so far, or null when the batch holds whole sequences
 * @param dropout this block's generator, or null when nothing is dropped
 * @param balance of a mixture's experts; null where nothing asks for it
 * @param ragged the texts whose next tokens these are; null where tokens stand in rows of their own
 * @param block which block it is, where {@code ragged} asks
 * @param adapters whose adapter each token is given to; null where the model's own layers say it
 */
public record Pass(
    Places places,
    List<View> views,
    @Nullable KvCache cache,
    @Nullable Generator dropout,
    @Nullable Balance balance,
    @Nullable Ragged ragged,
    int block,
    @Nullable RowAdapters adapters) {
  /**
   * How tokens see one another in some of the blocks.
   *
   * @param attention which keys each query sees
   * @param rotary tables for this batch's positions; null where positions are told otherwise
   * @param bias added to the scores, (1 or B, H, 1 or T, S); null for none
   */
  public record View(
      AttentionPlan attention, Rotary.@Nullable Tables rotary, @Nullable Tensor bias) {
    /** Whether no query sees a key that stands after it. */
    public boolean isCausal() {
      return attention.isCausal();
    }
  }

  /** A pass over whole sequences or, where the caller adds caches, their last tokens. */
  public Pass(Places places, List<View> views) {
    this(places, views, null, null, null, null, 0, null);
  }

  /** The same pass, in which layers of experts tell what they choose. */
  public Pass withBalance(Balance of) {
    return new Pass(places, views, cache, dropout, of, ragged, block, adapters);
  }

  /** The same pass over a block with this cache. */
  public Pass withCache(KvCache of) {
    return new Pass(places, views, of, dropout, balance, ragged, block, adapters);
  }

  /** The same pass, drawing dropout from this generator. */
  public Pass withDropout(Generator generator) {
    return new Pass(places, views, cache, generator, balance, ragged, block, adapters);
  }

  /** The same pass over this block, whose keys and values lie in pages. */
  Pass withRagged(Ragged of, int at) {
    return new Pass(places, views, cache, dropout, balance, of, at, adapters);
  }

  /** The same pass, in which each token is given to an adapter of its own. */
  public Pass withAdapters(@Nullable RowAdapters of) {
    return new Pass(places, views, cache, dropout, balance, ragged, block, of);
  }

  /** The same pass for a layer that is given these of the N tokens only, in rising order. */
  public Pass ofRows(Tensor rows) {
    return adapters == null ? this : withAdapters(adapters.of(Tensors.toLongs(rows)));
  }

  /** Attention over texts whose keys and values lie in pages; there must be some. */
  public Value attendRagged(Value q, Value k, Value v, int view, double scale, double cap) {
    return Objects.requireNonNull(ragged).attend(q, k, v, this, view, scale, cap);
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
