package dev.luthier.format;

import java.util.List;
import java.util.Optional;

/**
 * Where a tensor stands in a file.
 *
 * @param name its name
 * @param dtype its element type
 * @param shape its sizes, row-major; empty for a scalar
 * @param offset its first byte, from the start of the file
 * @param length its bytes, row-major
 * @param view how to pick its elements from the file; empty if they stand there row-major
 */
public record TensorInfo(
    String name, DType dtype, List<Long> shape, long offset, long length, Optional<View> view) {
  /**
   * Elements that stand in another order than row-major, or apart. Running through the sizes
   * row-major, with index i of dimension d at {@code i * strides[d]} elements from the offset,
   * gives the tensor's elements row-major. A transposed (2, 3) matrix has the sizes 2, 3 and the
   * strides 1, 2.
   *
   * @param sizes their product is the tensor's elements; they need not be its shape
   * @param strides as many
   */
  public record View(List<Long> sizes, List<Long> strides) {
    /** Copies the lists. */
    public View {
      sizes = List.copyOf(sizes);
      strides = List.copyOf(strides);
    }

    /** Elements from the first to the last, both included. */
    public long span() {
      long last = 0;
      for (int i = 0; i < sizes.size(); i++) {
        last += (sizes.get(i) - 1) * strides.get(i);
      }
      return last + 1;
    }
  }

  /** Copies the shape. */
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  /** A tensor that stands row-major. */
  public TensorInfo(String name, DType dtype, List<Long> shape, long offset, long length) {
    this(name, dtype, shape, offset, length, Optional.empty());
  }

  /** Elements. */
  public long elements() {
    return length / dtype.bytes();
  }
}
