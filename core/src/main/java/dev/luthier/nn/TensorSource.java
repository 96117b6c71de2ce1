package dev.luthier.nn;

import dev.luthier.quant.QuantizedMatrix;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** Where parameters come from: files, or a random generator. */
public interface TensorSource {
  /**
   * The shape in which the parameter is there; empty if it is not.
   *
   * @param asked the shape that the model asks for, which a source that makes parameters up gives
   */
  Optional<long[]> shape(String name, long... asked);

  /**
   * Writes the parameter's values.
   *
   * @param target of the parameter's shape, contiguous, in any dtype on any device
   */
  void read(String name, Init init, Tensor target);

  /** Whether {@link #quantized} gives this matrix of a linear layer. */
  default boolean isQuantized(String name) {
    return false;
  }

  /**
   * The matrix in few bits, in tensors of the current scope.
   *
   * @param rows outputs of the layer
   * @param columns inputs of the layer
   * @param transposed whether it is stored (columns, rows) where it is stored in floats
   * @throws IllegalStateException if {@link #isQuantized} is false
   */
  default QuantizedMatrix quantized(String name, long rows, long columns, boolean transposed) {
    throw new IllegalStateException(name + " is not quantized");
  }

  /** Takes note that this parameter will be read later. */
  default void reserve(String name) {}

  /** Stored names that nobody has read; empty for a source that makes tensors up. */
  default Set<String> unused() {
    return Set.of();
  }

  /** Where the source is, for messages. */
  default String where() {
    return "a generator";
  }
}
