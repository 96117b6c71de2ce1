package dev.luthier.train;

import dev.luthier.tensor.Tensors;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

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

  /**
   * The caller is done with what {@link #load} gave.
   *
   * @param last whether nobody asks for it again
   */
  void release(Tensor x, boolean last);

  @Override
  void close();

  /** In memory. */
  static SavedInputs inMemory(PointerScope scope) {
    return new SavedInputs() {
      private record Place(int block, int microBatch) {}

      private final Map<Place, Tensor> tensors = new HashMap<>();

      @Override
      public void save(int block, int microBatch, Tensor x) {
        tensors.put(new Place(block, microBatch), Tensors.keep(x, scope));
      }

      @Override
      public Tensor load(int block, int microBatch) {
        return Objects.requireNonNull(tensors.get(new Place(block, microBatch)));
      }

      @Override
      public void release(Tensor x, boolean last) {
        if (last) {
          x.close();
        }
      }

      @Override
      public void close() {
        // The scope frees what is left.
      }
    };
  }
}
