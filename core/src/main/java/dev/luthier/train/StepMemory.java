package dev.luthier.train;

import dev.luthier.model.BlockShape;

/**
 * What a step of {@link BlockwiseStep} holds beside the model while it runs, in bytes: the sizes of
 * the tensors that are alive together, followed along the tape.
 *
 * @param block shape of a block
 * @param rows B
 * @param length T
 * @param width bytes of a number in the compute dtype
 * @param dropout whether adapters keep a mask of their input
 * @param kernels whether attention's kernel is there, which keeps no scores
 */
record StepMemory(
    BlockShape block, int rows, int length, int width, boolean dropout, boolean kernels) {
  // As in nn.Attention, which keeps softmax outputs of tiles unless its kernel runs.
  private static final int TILE = 256;
  private static final long KEPT_SOFTMAX = 64L << 20;
  private static final int LEAST_QUERIES = 16;

  /**
   * What the heap holds beyond the tensors in it: peaks of {@code bench step --shape llama-85m}
   * were above the sum of the tensors by up to so large a share of them, and by no more than so
   * many bytes; less where {@link StepHeap} keeps less.
   */
  private static final double HEAP_SHARE = 0.7;

  private static final double HEAP_SHARE_KEEPING_LESS = 0.3;
  private static final long HEAP_MOST = 90L << 20;

  private boolean fused() {
    return kernels && length >= LEAST_QUERIES;
  }

  /**
   * What the heap holds beyond tensors that come and go while a step runs.
   *
   * @param bytes of all of them
   * @param trained elements of the largest parameter that is trained
   */
  long heap(long bytes, long trained) {
    if (StepHeap.isLarge(hidden() / width)) {
      return 0;
    }
    double share = StepHeap.keeps(trained) ? HEAP_SHARE : HEAP_SHARE_KEEPING_LESS;
    return Math.min(HEAP_MOST, (long) (share * bytes));
  }

  /** So many columns for every token. */
  long columns(long count) {
    return count * rows * length * width;
  }

  /** A block's input, or its gradient. */
  long hidden() {
    return columns(block.hidden());
  }

  /** Softmax outputs of all tiles. */
  private long softmax() {
    long pairs = 0;
    for (int from = 0; from < length; from += TILE) {
      int to = Math.min(length, from + TILE);
      pairs += (long) (to - from) * to;
    }
    return pairs * rows * block.heads() * width;
  }

  private long keptSoftmax() {
    if (fused()) {
      return 4L * rows * block.heads() * length; // log-sums
    }
    long all = softmax();
    return all <= KEPT_SOFTMAX ? all : 0;
  }

  /** Scores of the largest tile. */
  private long tile() {
    return fused() ? 0 : (long) Math.min(length, TILE) * length * rows * block.heads() * width;
  }

  private long queriesKeysValues() {
    return block.queryWidth() + 2L * block.keyWidth();
  }

  /** Projections, their heads and what attention gives, with the norm before them. */
  private long attention() {
    return columns(block.hidden() + 2 * queriesKeysValues() + block.queryWidth()) + keptSoftmax();
  }

  /** What a block keeps for its way back: all but its last product. */
  long recorded() {
    return attention() + columns(3L * block.hidden() + 3L * block.intermediate()) + masks();
  }

  /** One for every adapter, and its input times it. */
  private long masks() {
    if (!dropout) {
      return 0;
    }
    long inputs = block.matrices().stream().mapToLong(BlockShape.Matrix::in).sum();
    return columns(inputs + block.intermediate());
  }

  /** The same with its last product, without its output: that is the next one's input. */
  long kept() {
    return recorded() + hidden();
  }

  /** A block run without a tape: its tensors live until its end. */
  long forward() {
    return recorded() - keptSoftmax() + columns(2L * block.hidden()) + tile();
  }

  /**
   * A block on its way back, recorded tensors included: the larger of the feed-forward layer's
   * gradients, and attention's once that layer's tensors are freed.
   *
   * @param weightGradient the largest matrix' gradient before it is added, or 0
   */
  long backward(long weightGradient) {
    long f = block.intermediate();
    long wide =
        recorded()
            + hidden()
            + Math.max(columns(3 * f), columns(f + block.hidden()) + weightGradient);
    long scores = keptSoftmax() > 0 ? tile() : 2 * tile();
    long narrow =
        attention()
            + columns(2L * block.hidden() + block.queryWidth() + queriesKeysValues())
            + scores;
    return Math.max(wide, narrow);
  }
}
