package dev.luthier.model;

import dev.luthier.LuthierException;
import dev.luthier.nn.KvCache;
import dev.luthier.nn.Linear;
import dev.luthier.nn.Parameters;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.nn.Tape;
import dev.luthier.nn.Value;
import dev.luthier.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** A model in stages: {@code embed -> block 0 .. L-1 -> finish -> head}. */
public interface Transformer {
  /** The stage of the embedding; blocks are stages from 0, the head is the last one. */
  int EMBEDDING = -1;

  /**
   * Token ids (B, T) to (B, T, D), in the compute dtype.
   *
   * @param tape to record on, or null
   */
  Value embed(Tensor tokens, Pass pass, @Nullable Tape tape);

  /**
   * Ids as {@link #embed} takes them.
   *
   * @return int64 (B, T)
   * @throws LuthierException if the embedding has no row for one of them
   */
  default Tensor tokens(long[] ids, int rows, int length) {
    int vocabulary = shape().vocabulary();
    for (long id : ids) {
      if (id < 0 || id >= vocabulary) {
        throw new LuthierException(
            "The token with the id "
                + id
                + " has no row in the embedding, which has "
                + vocabulary
                + ": the tokenizer is not the one that the model was made with, or has got tokens"
                + " since. See docs/troubleshooting.md#tokenizer-larger");
      }
    }
    return Tensors.longs(ids, parameters().device(), rows, length);
  }

  /** The blocks, first to last. */
  List<? extends Block> blocks();

  /** What stands between the last block and the head, such as the final norm: (..., D) each. */
  Value finish(Value x, Pass pass);

  /** (N, D) to logits (N, V). */
  Linear head();

  /** Hidden states after the last block (..., D) to logits (..., V). */
  default Value logits(Value hidden, Pass pass) {
    return head().forward(finish(hidden, pass), pass);
  }

  /** What the blocks share over these tokens. */
  Pass pass(Places places);

  /**
   * Names how positions are told in a sequence of this length. Where it changes from one length to
   * another, keys and values that were computed for the one do not fit the other.
   */
  default long regime(long length) {
    return 0;
  }

  /** The stage to which a parameter of the model or of its adapter belongs. */
  int stage(String parameter);

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

  /** How many tensors of the logits' size there are while the head goes backward. */
  default int logitCopies() {
    return 1;
  }

  /** Whether the head's matrix is the embedding's. */
  default boolean isTied() {
    return linears().entrySet().stream()
        .noneMatch(
            e -> e.getValue() == head() && parameters().all().containsKey(e.getKey() + ".weight"));
  }

  /** How tokens see one another. */
  Kind kind();

  /** What the head is for. */
  Task task();

  /**
   * The id that a decoder behind an encoder begins with.
   *
   * @throws IllegalStateException if there is no encoder with a decoder
   */
  int decoderStart();

  /**
   * Where labels of whole sequences are predicted: of each document the first token in an encoder,
   * the last one in a decoder.
   *
   * @return indices into the B x T tokens, in the order of the documents
   */
  default long[] pooled(Places places) {
    long[] documents = places.queryDocuments();
    int width = places.queries();
    return LongStream.range(0, documents.length)
        .filter(
            i -> {
              int at = (int) (i % width);
              int beside = kind() == Kind.ENCODER ? at - 1 : at + 1;
              boolean ends = beside < 0 || beside == width;
              long other = ends ? 0 : documents[(int) i - at + beside];
              return documents[(int) i] != 0 && other != documents[(int) i];
            })
        .toArray();
  }

  /** How tokens see one another. */
  enum Kind {
    /** Each token sees those before it. */
    DECODER,
    /** Each token sees all. */
    ENCODER,
    /** An encoder's tokens come first; a decoder's see them and those before. */
    ENCODER_DECODER
  }

  /**
   * Sizes of a model.
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
