package dev.luthier.format;

import java.util.List;

/**
 * A view of a storage, checked to stay within it.
 *
 * @param storage where its elements are
 * @param dtype their type
 * @param offset its first element, counted from the storage's start
 * @param shape its sizes
 * @param strides elements from one index to the next, per dimension
 */
record TorchTensor(
    TorchStorage storage, DType dtype, long offset, List<Long> shape, List<Long> strides) {
  private static final int MOST_DIMENSIONS = 16;

  /** Checks and makes one. */
  static TorchTensor of(
      TorchStorage storage, DType dtype, long offset, List<Long> shape, List<Long> strides)
      throws PickleException {
    long there = storage.elements() * storage.elementBytes() / dtype.bytes();
    if (shape.size() != strides.size() || shape.size() > MOST_DIMENSIONS) {
      throw new PickleException(
          "a tensor of "
              + shape.size()
              + " sizes and "
              + strides.size()
              + " strides (as many of each, and at most "
              + MOST_DIMENSIONS
              + ")");
    }
    if (offset < 0
        || shape.stream().anyMatch(n -> n < 0)
        || strides.stream().anyMatch(n -> n < 0)) {
      throw new PickleException(
          "a tensor with negative numbers: offset "
              + offset
              + ", shape "
              + shape
              + ", strides "
              + strides);
    }
    if (end(offset, shape, strides) > there) {
      throw new PickleException(
          "a tensor of shape "
              + shape
              + ", strides "
              + strides
              + " and offset "
              + offset
              + ", which reaches beyond the "
              + there
              + " elements of its storage '"
              + Problems.shortened(storage.key())
              + "'");
    }
    return new TorchTensor(storage, dtype, offset, List.copyOf(shape), List.copyOf(strides));
  }

  /** The element behind the last one; the largest number where that is larger than any file. */
  private static long end(long offset, List<Long> shape, List<Long> strides) {
    if (shape.contains(0L)) {
      return 0;
    }
    try {
      long last = offset;
      for (int i = 0; i < shape.size(); i++) {
        last = Math.addExact(last, Math.multiplyExact(shape.get(i) - 1, (long) strides.get(i)));
      }
      return Math.addExact(last, 1);
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE;
    }
  }

  /** Whether its elements stand one after the other, row-major. */
  boolean isContiguous() {
    long step = 1;
    for (int i = shape.size() - 1; i >= 0; i--) {
      if (shape.get(i) != 1 && strides.get(i) != step) {
        return shape.contains(0L);
      }
      step *= shape.get(i);
    }
    return true;
  }

  /** Its first byte, in what stands under the storage's key. */
  long firstByte() {
    return storage.start() * storage.elementBytes() + offset * dtype.bytes();
  }
}
