package dev.luthier.train;

import dev.luthier.model.Block;
import dev.luthier.model.Decoder;

/**
 * Where a block's weights come from while it runs: they may stay resident, or be mapped,
 * dequantized or gathered for the time between {@link #acquire} and {@link #release}. The step
 * knows nothing else about it.
 */
public interface WeightSource {
  /** The block, ready to run. */
  Block acquire(int block);

  /**
   * The block is not needed for now; its gradients, if it has any, are complete when {@code
   * backward}.
   */
  void release(int block, boolean backward);

  /** All blocks held in memory throughout. */
  static WeightSource resident(Decoder model) {
    return new WeightSource() {
      @Override
      public Block acquire(int block) {
        return model.blocks().get(block);
      }

      @Override
      public void release(int block, boolean backward) {
        // Resident weights stay.
      }
    };
  }
}
