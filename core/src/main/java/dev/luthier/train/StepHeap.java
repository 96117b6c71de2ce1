package dev.luthier.train;

import dev.luthier.data.Batch;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.Memory;

/**
 * Which of a step's tensors come from the C library's heap. It keeps what is freed, and the same
 * sizes come again in every block, so that their pages need not be cleared each time; but the gaps
 * between pieces in use grow with them. Small steps therefore take nearly all from it, large ones
 * only what is small.
 */
public final class StepHeap {
  /** So many numbers in the hidden states (B, T, D), and in a parameter that is trained. */
  private static final long SMALL = 1 << 20;

  private static final int MAPPED_IN_SMALL_STEPS = 16 << 20;
  private static final int MAPPED_IN_LARGE_STEPS = 2 << 20;

  private StepHeap() {}

  /**
   * Before the first step.
   *
   * @param largest of the batches that will come
   */
  public static void prepare(Transformer model, Batch largest) {
    long hidden = (long) largest.rows() * largest.length() * model.shape().hidden();
    long trained = Trainables.of(model).values().stream().mapToLong(p -> p.numel()).max().orElse(0);
    if (isLarge(hidden)) {
      Memory.mapFrom(MAPPED_IN_LARGE_STEPS);
    } else if (keeps(trained)) {
      Memory.mapFrom(MAPPED_IN_SMALL_STEPS);
    }
  }

  /** Whether steps with so many numbers in their hidden states map what is not small. */
  static boolean isLarge(long hidden) {
    return hidden > SMALL;
  }

  /** Whether other steps keep nearly everything, if the largest parameter trained is this large. */
  static boolean keeps(long trained) {
    return trained <= SMALL;
  }
}
