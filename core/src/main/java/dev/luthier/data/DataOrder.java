package dev.luthier.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which rows each optimizer step sees. A function of (settings, step) without hidden state, so that
 * a resumed run sees what the uninterrupted one would have seen. Rows are shuffled anew each epoch;
 * a step takes the next {@code microBatch * accumulation} rows of the epoch, and the last step of
 * an epoch takes what is left. How those rows are cut into micro-batches does not change which rows
 * they are: 8x1, 4x2 and 1x8 see the same rows in every step.
 *
 * @param rows number of rows (packed or not), at least 1
 * @param microBatch rows per forward pass
 * @param accumulation micro-batches per optimizer step
 * @param seed of the shuffle
 * @param shuffle false keeps the order of the rows in every epoch
 */
public record DataOrder(int rows, int microBatch, int accumulation, long seed, boolean shuffle) {
  public DataOrder {
    if (rows < 1 || microBatch < 1 || accumulation < 1) {
      throw new IllegalArgumentException(
          "rows, microBatch and accumulation must be at least 1, got "
              + rows
              + ", "
              + microBatch
              + ", "
              + accumulation);
    }
  }

  /** Optimizer steps in one pass over the rows. */
  public int stepsPerEpoch() {
    long perStep = (long) microBatch * accumulation;
    return (int) ((rows + perStep - 1) / perStep);
  }

  /** The epoch, from 0, that {@code step}, from 0, belongs to. */
  public long epochOf(long step) {
    return step / stepsPerEpoch();
  }

  /**
   * The micro-batches of an optimizer step, each a list of row indices.
   *
   * @param step from 0, counted over all epochs
   */
  public List<int[]> step(long step) {
    return step(step, permutation(epochOf(step)));
  }

  /**
   * The same, for one who keeps the epoch's order: drawing it takes longer than all else in a step
   * where the rows are millions.
   *
   * @param order {@link #permutation} of the step's epoch
   */
  public List<int[]> step(long step, int[] order) {
    long perStep = (long) microBatch * accumulation;
    int from = (int) (step % stepsPerEpoch() * perStep);
    int to = (int) Math.min(rows, from + perStep);
    List<int[]> batches = new ArrayList<>();
    for (int at = from; at < to; at += microBatch) {
      batches.add(Arrays.copyOfRange(order, at, Math.min(to, at + microBatch)));
    }
    return batches;
  }

  /** The order of the rows in an epoch (Fisher-Yates), the identity without shuffling. */
  public int[] permutation(long epoch) {
    int[] order = new int[rows];
    for (int i = 0; i < rows; i++) {
      order[i] = i;
    }
    if (shuffle) {
      long state = mix(mix(seed) + epoch);
      for (int i = rows - 1; i > 0; i--) {
        state += GOLDEN;
        int j = (int) Math.floorMod(mix(state) >>> 1, (long) (i + 1));
        int swap = order[i];
        order[i] = order[j];
        order[j] = swap;
      }
    }
    return order;
  }

  /** 2^64 over the golden ratio: the step of SplitMix64 (Steele, Lea, Flood, 2014). */
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  /** SplitMix64's finalizer, written out so that no JDK release can change a run's order. */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
