package dev.luthier.train;

import dev.luthier.model.BlockShape;
import dev.luthier.model.BlockShape.Layer;
import dev.luthier.model.BlockShape.Scores;
import dev.luthier.nn.Pass;
import java.util.List;

/**
 * What a step of {@link BlockwiseStep} holds beside the model while it runs a block, in bytes: the
 * sizes of the tensors that are alive together, followed along the tape.
 *
 * @param block what it consists of
 * @param views how tokens see one another
 * @param rows B
 * @param length T
 * @param width bytes of a number in the compute dtype
 * @param dropout whether adapters keep a mask of their input
 * @param kernels whether attention's kernel is there, which keeps no scores
 */
record StepMemory(
    BlockShape block,
    List<Pass.View> views,
    int rows,
    int length,
    int width,
    boolean dropout,
    boolean kernels) {
  // As in nn.Attention, which keeps softmax outputs of tiles unless its kernel runs.
  private static final int TILE = 256;
  private static final long KEPT_SOFTMAX = 64L << 20;
  private static final int LEAST_QUERIES = 16;

  private static final int FLOAT = 4;

  /** So many columns for every token. */
  private long columns(long count) {
    return count * rows * length * width;
  }

  /** A block's input, or its gradient. */
  long hidden() {
    return columns(block.hidden());
  }

  /** Scores as they are, which a softmax of our own replaces by its result. */
  private boolean isPlain(Scores scores) {
    return !scores.capped() && !scores.biased() && views.get(scores.view()).bias() == null;
  }

  private boolean fused(Scores scores) {
    return kernels
        && length >= LEAST_QUERIES
        && isPlain(scores)
        && views.get(scores.view()).isCausal();
  }

  /** Softmax outputs of all tiles. */
  private long softmax(Scores scores) {
    boolean causal = views.get(scores.view()).isCausal();
    long pairs = 0;
    for (int from = 0; from < length; from += TILE) {
      int to = Math.min(length, from + TILE);
      pairs += (long) (to - from) * (causal ? to : length);
    }
    return pairs * rows * scores.heads() * width;
  }

  private long keptSoftmax(Scores scores) {
    if (fused(scores)) {
      return (long) FLOAT * rows * scores.heads() * length; // log-sums
    }
    long all = softmax(scores);
    return (all <= KEPT_SOFTMAX ? all : 0) + bias(scores);
  }

  /** A bias of all pairs, its gradient, and which row of a table each pair has. */
  private long bias(Scores scores) {
    long pairs = (long) length * length;
    return scores.biased() ? pairs * (2L * scores.heads() * width + Long.BYTES) : 0;
  }

  private long keptSoftmax(Layer layer) {
    return layer.scores().map(this::keptSoftmax).orElse(0L);
  }

  /** Scores of the largest tile. */
  private long tile(Scores scores) {
    return fused(scores)
        ? 0
        : (long) Math.min(length, TILE) * length * rows * scores.heads() * width;
  }

  /** Scores, and their softmax beside them where it has a tensor of its own. */
  private long tileForward(Scores scores) {
    return tile(scores) * (isPlain(scores) ? 1 : 2);
  }

  /** Gradients, what they are made of, and the softmax where it is made again. */
  private long tileBackward(Scores scores) {
    int made = isPlain(scores) ? 1 : scores.capped() ? 3 : 2;
    int again = softmax(scores) <= KEPT_SOFTMAX ? 0 : isPlain(scores) ? 1 : 2;
    return tile(scores) * (made + again);
  }

  private long kept(Layer layer) {
    return columns(layer.kept()) + keptSoftmax(layer);
  }

  /** What a block keeps for its way back: all but what is for its result alone. */
  long recorded() {
    return block.layers().stream().mapToLong(this::kept).sum() + masks();
  }

  /** One for every adapter, and its input times it. */
  private long masks() {
    if (!dropout) {
      return 0;
    }
    long inputs = block.layers().stream().mapToLong(Layer::inputs).sum();
    long widest = block.layers().stream().mapToLong(Layer::widest).max().orElse(0);
    return columns(inputs + widest);
  }

  /** The same with its last product, without its result: that is the next one's input. */
  long kept() {
    return recorded() + columns(block.last());
  }

  /** A block run without a tape: its tensors live until its end. */
  long forward() {
    long softmax = block.layers().stream().mapToLong(this::keptSoftmax).sum();
    long tile =
        block.layers().stream()
            .flatMap(l -> l.scores().stream())
            .mapToLong(this::tileForward)
            .max()
            .orElse(0);
    return kept() - softmax + hidden() + tile;
  }

  /**
   * A block on its way back: what its layers recorded up to one of them, and what is there while
   * that one goes backward. The layers behind it have freed theirs.
   *
   * @param weightGradient the largest matrix' gradient before it is added, or 0
   */
  long backward(long weightGradient) {
    long most = 0;
    long recorded = masks();
    for (Layer layer : block.layers()) {
      recorded += kept(layer);
      long back =
          columns(layer.back())
              + layer.floats() * rows * length * FLOAT
              + layer.scores().map(this::tileBackward).orElse(0L);
      most = Math.max(most, recorded + back);
      if (layer.beside() > 0) {
        most = Math.max(most, recorded + columns(layer.beside()) + weightGradient);
      }
    }
    return most;
  }
}
