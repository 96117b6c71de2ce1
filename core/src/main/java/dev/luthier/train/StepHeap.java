package dev.luthier.train;

import dev.luthier.data.Batch;
import dev.luthier.model.Decoder;
import dev.luthier.tensor.Memory;

/**
 * Which of a step's tensors come from the C library's heap. It keeps what is freed, and the same
 * sizes come again in every block, so that their pages need not be cleared each time; but the gaps
 * between pieces in use grow with them. Small steps therefore take nearly all from it, large ones
 * only what is small.
 */
public final class StepHeap {
  /** So many numbers in the hidden states (B, T, D), and in a parameter that is trained. */
  static final long SMALL = 1 << 20;

  private static final int MAPPED_IN_SMALL_STEPS = 16 << 20;
  private static final int MAPPED_IN_LARGE_STEPS = 2 << 20;

  private StepHeap() {}

  /**
   * Before the first step.
   *
   * @param largest of the batches that will come
   */
  public static void prepare(Decoder model, Batch largest) {
    long hidden = (long) largest.rows() * largest.length() * model.shape().hidden();
    if (hidden > SMALL) {
      Memory.mapFrom(MAPPED_IN_LARGE_STEPS);
    } else if (Trainables.of(model).values().stream().allMatch(p -> p.numel() <= SMALL)) {
      Memory.mapFrom(MAPPED_IN_SMALL_STEPS);
    }
  }
}
