package dev.luthier.nn;

import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** Where parameters come from: files, or a random generator. */
public interface TensorSource {
  /**
   * The tensor of this name, on the CPU and in its stored dtype; it may be mapped from a file.
   *
   * @param shape the shape that the model will ask of it; a source of files ignores it
   */
  Optional<Tensor> read(String name, Init init, long... shape);

  /** Stored names that nobody has read; empty for a source that makes tensors up. */
  default Set<String> unused() {
    return Set.of();
  }

  /** Where the source is, for messages. */
  default String where() {
    return "a generator";
  }
}
