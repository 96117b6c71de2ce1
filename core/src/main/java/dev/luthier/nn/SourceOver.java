package dev.luthier.nn;

import dev.luthier.quant.QuantizedMatrix;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** A source over another one, which answers whatever this one does not answer itself. */
public interface SourceOver extends TensorSource {
  /** The other one. */
  TensorSource source();

  @Override
  default Optional<long[]> shape(String name, long... asked) {
    return source().shape(name, asked);
  }

  @Override
  default void read(String name, Init init, Tensor target) {
    source().read(name, init, target);
  }

  @Override
  default boolean isQuantized(String name) {
    return source().isQuantized(name);
  }

  @Override
  default QuantizedMatrix quantized(String name, long rows, long columns, boolean transposed) {
    return source().quantized(name, rows, columns, transposed);
  }

  @Override
  default void reserve(String name) {
    source().reserve(name);
  }

  @Override
  default Set<String> unused() {
    return source().unused();
  }

  @Override
  default String where() {
    return source().where();
  }
}
