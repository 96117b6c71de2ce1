package dev.luthier.format;

import java.util.Optional;

/**
 * A run of elements, as a pickle names it; the elements stand elsewhere in the file.
 *
 * @param key its name in the file
 * @param dtype its element type; empty for one that is bytes and nothing more
 * @param start its first element in what stands under the key
 * @param elements how many, or how many bytes where the dtype is empty
 */
record TorchStorage(String key, Optional<DType> dtype, long start, long elements) {
  /** Bytes per element. */
  int elementBytes() {
    return dtype.map(DType::bytes).orElse(1);
  }

  /** The place behind its last byte, in what stands under the key. */
  long end() throws PickleException {
    try {
      return Math.multiplyExact(Math.addExact(start, elements), (long) elementBytes());
    } catch (ArithmeticException e) {
      throw new PickleException(
          "storage '" + Problems.shortened(key) + "' is larger than any file");
    }
  }
}
