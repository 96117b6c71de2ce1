package dev.luthier.model;

import dev.luthier.nn.KvCache;
import dev.luthier.nn.Linear;
import dev.luthier.nn.Parameters;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Value;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** A causal language model in stages: {@code embed -> block 0 .. L-1 -> norm -> head}. */
public interface Transformer {
  /** Token ids (B, T) to (B, T, D), in the compute dtype. */
  Tensor embed(Tensor tokens);

  /** Adds the gradient (B, T, D) of what {@link #embed} gave to the embedding's own. */
  void embedBackward(Tensor tokens, Tensor gradient);

  /** The blocks, first to last. */
  List<? extends Block> blocks();

  /** The final norm: (B, T, D) to (B, T, D). */
  Value norm(Value x);

  /** (N, D) to logits (N, V). */
  Linear head();

  /**
   * What the blocks share over these tokens.
   *
   * @param positions B x T, row-major
   * @param documents B x T: the document of each token, 0 for padding
   */
  Pass pass(long[] positions, long[] documents, int rows, int length);

  /**
   * What a block shares when T new tokens continue a cached sequence.
   *
   * @param positions B x T, of the new tokens
   * @param documents B x S, of all tokens so far, the new ones last
   */
  Pass continued(long[] positions, long[] documents, int rows, int keys, int queries);

  /** A new, empty cache for each block. */
  default List<KvCache> newCaches() {
    return blocks().stream().map(b -> new KvCache()).toList();
  }

  /** The model's own parameters. */
  Parameters parameters();

  /** The adapter's parameters, if there is an adapter. */
  Optional<Parameters> adapter();

  /** All linear layers, by path. */
  Map<String, Linear> linears();

  /** The linear layers that carry an adapter, by path. */
  Map<String, Linear> adapted();

  /** The shape numbers that callers need. */
  Shape shape();

  /**
   * Sizes of a transformer.
   *
   * @param vocabulary V
   * @param hidden D
   * @param intermediate width of the feed-forward layer
   * @param blocks L
   * @param heads H
   * @param maxPositions the longest sequence that the model was made for
   */
  record Shape(
      int vocabulary, int hidden, int intermediate, int blocks, int heads, int maxPositions) {}
}
