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
 */
record StepMemory(BlockShape block, int rows, int length, int width, boolean dropout) {
  /** As in {@code nn.Attention}: queries of a tile, and up to where softmax outputs are kept. */
  private static final int TILE = 256;

  private static final long KEPT_SOFTMAX = 64L << 20;

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
    long all = softmax();
    return all <= KEPT_SOFTMAX ? all : 0;
  }

  /** Scores of the largest tile. */
  private long tile() {
    return (long) Math.min(length, TILE) * length * rows * block.heads() * width;
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
