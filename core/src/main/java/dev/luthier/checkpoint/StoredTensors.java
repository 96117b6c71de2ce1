package dev.luthier.checkpoint;

import dev.luthier.format.DType;
import dev.luthier.nn.TensorSource;
import dev.luthier.quant.QuantSettings;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** Tensors that lie in files, under the model's names. */
interface StoredTensors extends TensorSource {
  /** Whether a tensor of this name is stored, under this name itself. */
  boolean has(String name);

  /** All names. */
  Set<String> names();

  /** From now on, asking for one name gives the other if it is not stored itself. */
  void alias(String name, String other);

  /** What a tensor is stored in, or is to be stored in where it is in few bits. */
  Optional<DType> dtype(String name);

  /** A tensor in its {@link #dtype} and shape, in a new tensor of the current scope. */
  Tensor read(String name);

  /** The dtype of most of the weights, but for those in few bits that stay so. */
  DType commonDtype();

  /** How the first matrix that is quantized is held; empty if none is. */
  Optional<QuantSettings> quantization();
}
