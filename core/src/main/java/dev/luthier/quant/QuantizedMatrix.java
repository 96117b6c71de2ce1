package dev.luthier.quant;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A frozen matrix (out, in) in few bits, on the CPU. */
public sealed interface QuantizedMatrix permits FourBitMatrix, GgufMatrix, Int8Matrix {
  /** Output features. */
  long rows();

  /** Input features. */
  long columns();

  /** The dtype that it was quantized from. */
  ScalarType dtype();

  /**
   * All tensors that it stands in. They belong to the scope that it was made in; {@code
   * Tensors.pin} them to keep the matrix.
   */
  List<Tensor> tensors();

  /** Its bytes in memory. */
  default long bytes() {
    return tensors().stream().mapToLong(t -> (long) t.nbytes()).sum();
  }

  /**
   * Writes the matrix, computed in float32 and rounded once. Runs on all of libtorch's threads;
   * needs a few hundred kilobytes besides.
   *
   * @param out bfloat16 or float32 (rows, columns) on the CPU; rows may stand further apart than
   *     they are long
   */
  void dequantizeInto(Tensor out);

  /** Whether it has arithmetic of its own for {@link #product}, other than being dequantized. */
  default boolean multiplies() {
    return false;
  }

  /**
   * The product {@code x W^T} in the matrix' own arithmetic.
   *
   * @param x (n, in), of any float dtype
   * @return (n, out) in x's dtype, without a gradient
   * @throws IllegalStateException if {@link #multiplies} is false
   */
  default Tensor product(Tensor x) {
    throw new IllegalStateException("a matrix that is to be dequantized");
  }

  /** The matrix in a new tensor (rows, columns) of this scope, bfloat16 or float32. */
  default Tensor dequantize(ScalarType dtype) {
    Tensor out =
        torch.empty(new long[] {rows(), columns()}, Tensors.options(dtype, Device.CPU), null);
    dequantizeInto(out);
    return out;
  }
}
