package dev.luthier.nn;

import dev.luthier.tensor.Tensors;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Room for matrices that exist only while their block runs, used again by the next block: fresh
 * memory costs a page fault for every page that is written. Holds as much as one block needs.
 */
final class MatrixPool {
  private record Shape(long rows, long columns) {}

  private final ScalarType dtype;
  private final dev.luthier.tensor.Device device;
  private final Map<Shape, Deque<Tensor>> free = new HashMap<>();

  MatrixPool(ScalarType dtype, dev.luthier.tensor.Device device) {
    this.dtype = dtype;
    this.device = device;
  }

  /** A matrix with arbitrary content, pinned. */
  synchronized Tensor take(long rows, long columns) {
    @Nullable Tensor known =
        free.computeIfAbsent(new Shape(rows, columns), s -> new ArrayDeque<>()).poll();
    return known != null
        ? known
        : Tensors.pin(
            torch.empty(new long[] {rows, columns}, Tensors.options(dtype, device), null));
  }

  /** Gives one back. */
  synchronized void give(Tensor matrix) {
    free.computeIfAbsent(new Shape(matrix.size(0), matrix.size(1)), s -> new ArrayDeque<>())
        .push(matrix);
  }
}
