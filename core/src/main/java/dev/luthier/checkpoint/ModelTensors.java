package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.HfFolder;
import java.nio.file.Path;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * A model's parameters under Hugging Face's names, read or made one at a time. A head that is the
 * embedding is not among them.
 */
public interface ModelTensors {
  /** Those of a folder, or of a GGUF file; matrices in few bits become floats. */
  static ModelTensors of(Path model) {
    return new StoredModel(HfFolder.model(model));
  }

  /**
   * Those of an encoder without its head, which the files need not have: what a GGUF file holds of
   * it, and sentence-transformers' folders.
   */
  static ModelTensors body(Path model) {
    return new StoredModel(HfFolder.model(model), true);
  }

  /** The configuration under Hugging Face's names. */
  ObjectNode config();

  /** What they are called. */
  Set<String> names();

  /** A parameter's sizes as Hugging Face stores it. */
  long[] shape(String name);

  /** Whether it is a linear layer's matrix that Hugging Face stores (in, out). */
  boolean isTransposed(String name);

  /**
   * A parameter, in a new tensor of the current scope: in the dtype in which it is stored, or in
   * float32 where it is computed.
   */
  Tensor read(String name);
}
