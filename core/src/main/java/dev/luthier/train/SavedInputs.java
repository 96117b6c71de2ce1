package dev.luthier.train;

import dev.luthier.tensor.Tensors;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Blocks' inputs (B, T, D) between the way there and the way back. */
interface SavedInputs extends AutoCloseable {
  /**
   * Keeps one, which belongs to this from now on.
   *
   * @param block counted from 0
   * @param microBatch counted from 0
   */
  void save(int block, int microBatch, Tensor x);

  /** What was saved; to be given back to {@link #release}. */
  Tensor load(int block, int microBatch);

  /** The caller is done with what {@link #load} gave. */
  void release(Tensor x);

  @Override
  void close();

  /**
   * In memory. All inputs of a micro-batch lie in one tensor (blocks, B, T, D), so that what lives
   * as long as the step does not lie scattered among what lives as long as a block: the heap could
   * not be used again between them.
   *
   * @param first block that saves its input
   * @param blocks how many do
   */
  static SavedInputs inMemory(PointerScope scope, int first, int blocks) {
    return new SavedInputs() {
      private final Map<Integer, Tensor> all = new HashMap<>();

      @Override
      public void save(int block, int microBatch, Tensor x) {
        Tensor together = all.computeIfAbsent(microBatch, m -> room(x));
        try (PointerScope inner = new PointerScope()) {
          together.select(0, block - first).copy_(x);
        }
        x.close();
      }

      private Tensor room(Tensor x) {
        long[] shape = Tensors.shape(x);
        long[] larger = new long[shape.length + 1];
        larger[0] = blocks;
        System.arraycopy(shape, 0, larger, 1, shape.length);
        return Tensors.keep(torch.empty(larger, x.options(), null), scope);
      }

      @Override
      public Tensor load(int block, int microBatch) {
        Tensor together = Objects.requireNonNull(all.get(microBatch));
        return Tensors.keep(together.select(0, block - first), scope);
      }

      @Override
      public void release(Tensor x) {
        x.close();
      }

      @Override
      public void close() {
        // The scope frees them.
      }
    };
  }
}
