package dev.luthier.format;

import java.util.List;

/**
 * Where a tensor stands in a file.
 *
 * @param name its name
 * @param dtype its element type
 * @param shape its sizes, row-major; empty for a scalar
 * @param offset its first byte, from the start of the file
 * @param length its bytes
 */
public record TensorInfo(String name, DType dtype, List<Long> shape, long offset, long length) {
  /** Copies the shape. */
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  /** Elements. */
  public long elements() {
    return length / dtype.bytes();
  }
}
