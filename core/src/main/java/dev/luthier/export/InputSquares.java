package dev.luthier.export;

import dev.luthier.LuthierException;
import dev.luthier.format.ImportanceMatrix;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Sums of the squares of what matrices are multiplied with, column by column, in float64. */
final class InputSquares implements AutoCloseable {
  private final Tensor sums; // (matrices, columns)
  private final long[] counts;

  InputSquares(int matrices, int columns) {
    counts = new long[matrices];
    try (PointerScope scope = new PointerScope()) {
      sums =
          Tensors.pin(
              torch.zeros(
                  new long[] {matrices, columns}, Tensors.options(ScalarType.Double, Device.CPU)));
    }
  }

  /**
   * Adds rows.
   *
   * @param x (N, columns)
   */
  void add(int matrix, Tensor x) {
    try (PointerScope scope = new PointerScope()) {
      Tensor rows = Tensors.cpu(x).to(ScalarType.Double);
      sums.select(0, matrix).add_(rows.mul(rows).sum(0));
      counts[matrix] += x.size(0);
    }
  }

  /**
   * What was summed.
   *
   * @throws LuthierException if it is not finite
   */
  ImportanceMatrix.Entry entry(String name) {
    try (PointerScope scope = new PointerScope()) {
      float[] values = Tensors.toFloats(sums);
      for (float value : values) {
        if (!Float.isFinite(value)) {
          throw new LuthierException(
              "what "
                  + name
                  + " is multiplied with is not finite; check the model with luthier perplexity");
        }
      }
      return new ImportanceMatrix.Entry(values, counts.clone());
    }
  }

  @Override
  public void close() {
    Tensors.release(sums);
  }
}
