package dev.luthier.train;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What a step keeps in memory and in which order it runs: layouts differ in time and in memory, and
 * give the same gradients bit for bit. Two things move last bits, because they change the order in
 * which a gradient is summed up: headRows where the head is trained, and byBlock where it is the
 * embedding and trained.
 *
 * @param keptBlocks how many of the last blocks keep what they computed for the way back; the
 *     others compute it again
 * @param headRows label tokens whose logits exist at a time
 * @param byBlock whether all micro-batches of a step go through a block before the next block runs,
 *     so that each block's weights are brought in once on the way there and once on the way back
 * @param spill the scratch file for blocks' inputs; empty keeps them in memory
 */
public record StepLayout(int keptBlocks, int headRows, boolean byBlock, Optional<Path> spill) {
  /** Checks the numbers. */
  public StepLayout {
    if (keptBlocks < 0 || headRows < 1) {
      throw new IllegalArgumentException("keptBlocks " + keptBlocks + ", headRows " + headRows);
    }
  }

  /** Every block is computed again, micro-batch after micro-batch. */
  public static StepLayout recomputing(int vocabulary) {
    return new StepLayout(0, Head.chunk(vocabulary), false, Optional.empty());
  }

  /** The same with this many kept blocks. */
  public StepLayout keeping(int blocks) {
    return new StepLayout(blocks, headRows, byBlock, spill);
  }

  /** The same in this order. */
  public StepLayout byBlock(boolean yes) {
    return new StepLayout(keptBlocks, headRows, yes, spill);
  }

  /** The same with blocks' inputs in this file. */
  public StepLayout spilling(Path file) {
    return new StepLayout(keptBlocks, headRows, byBlock, Optional.of(file));
  }
}
