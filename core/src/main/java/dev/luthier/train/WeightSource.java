package dev.luthier.train;

import dev.luthier.model.Block;
import dev.luthier.model.Transformer;

/**
 * Where a block's weights come from while it runs: they may stay resident, or be dequantized, read
 * or gathered for the time between {@link #acquire} and {@link #release}. The step knows nothing
 * else about it.
 */
public interface WeightSource {
  /**
   * The block, ready to run.
   *
   * @param backward whether the step is on its way back, so that the block below comes next
   */
  Block acquire(int block, boolean backward);

  /**
   * The block is not needed for now; its gradients, if it has any, are complete when {@code
   * backward}.
   */
  void release(int block, boolean backward);

  /**
   * The model's own weights, each in the form that it was loaded in; the next block's are begun.
   */
  static WeightSource of(Transformer model) {
    return new WeightSource() {
      @Override
      public Block acquire(int block, boolean backward) {
        Block one = model.blocks().get(block);
        one.weights().hold();
        int next = backward ? block - 1 : block + 1;
        if (next >= 0 && next < model.blocks().size()) {
          model.blocks().get(next).weights().prefetch();
        }
        return one;
      }

      @Override
      public void release(int block, boolean backward) {
        model.blocks().get(block).weights().drop();
      }
    };
  }
}
