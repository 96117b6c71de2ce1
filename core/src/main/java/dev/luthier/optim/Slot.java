package dev.luthier.optim;

import dev.luthier.format.DType;
import java.util.Arrays;
import java.util.List;

/**
 * One tensor of a parameter's optimizer state, before it exists. It starts at zero.
 *
 * @param name what stands behind the parameter's name in a checkpoint: {@code exp_avg}
 * @param dtype its elements
 * @param shape its sizes
 * @param block elements of the flat parameter that one of its entries belongs to
 */
public record Slot(String name, DType dtype, List<Long> shape, int block) {
  /** Copies the shape. */
  public Slot {
    shape = List.copyOf(shape);
  }

  /** A float32 for each element of the parameter. */
  static Slot perElement(String name, long... shape) {
    return new Slot(name, DType.F32, Arrays.stream(shape).boxed().toList(), 1);
  }

  /** Its bytes. */
  public long bytes() {
    return dtype.bytes() * shape.stream().reduce(1L, Math::multiplyExact);
  }

  /** Entries that belong to the first so many elements of the parameter. */
  long entries(long elements) {
    return (elements + block - 1) / block;
  }
}
