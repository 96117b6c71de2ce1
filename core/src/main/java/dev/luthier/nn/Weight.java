package dev.luthier.nn;

import dev.luthier.tensor.Products;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** The matrix of one or several linear maps of the same input: their rows stacked. */
sealed interface Weight permits Dense, Made {
  /** The matrix (out, in) in the compute dtype, to be given back to {@link #release}. */
  Tensor matrix();

  /** The caller is done with what {@link #matrix()} gave. */
  void release(Tensor matrix);

  /**
   * The product {@code x W^T + b}, whose backward pass goes by {@link #matrix()}.
   *
   * @param x (N, in), in the compute dtype
   * @param bias (out), in the compute dtype
   * @return (N, out), in the compute dtype
   */
  default Tensor product(Tensor x, @Nullable Tensor bias) {
    Tensor matrix = matrix();
    Tensor out = Products.linear(x, matrix, bias);
    release(matrix);
    return out;
  }

  /**
   * How {@link BlockKernel} reads it.
   *
   * @param kind 0 as it is, 1 in 8 bits, 2 in 4
   * @param stride numbers from row to row, of a matrix as it is
   * @param scales what it has beside its codes, or null
   * @param zeros the same
   * @param mostRows of x; the product of more is another one's
   */
  record Read(
      int kind,
      Tensor codes,
      long stride,
      @Nullable Tensor scales,
      @Nullable Tensor zeros,
      int mostRows) {}

  /**
   * How it is read where a few rows are multiplied; null where that is not what its product does.
   *
   * @param dtype of x
   */
  default @Nullable Read read(ScalarType dtype) {
    return null;
  }

  /** Begins to bring the matrix in, if that takes time. */
  default void prefetch() {}

  /** From now on every {@link #matrix()} is the same one, until {@link #drop}. */
  default void hold() {}

  /** Ends what {@link #hold} began. */
  default void drop() {}

  /** Rows [from, from + count) in float32. */
  Tensor rows(int from, int count);

  /** Whether it is stored (in, out). */
  default boolean isTransposed() {
    return false;
  }

  /** Whether gradients are wanted. */
  boolean trained();

  /**
   * Adds the gradient {@code dy^T x} to the parameters.
   *
   * @param dy (N, out)
   * @param x (N, in)
   */
  void addGradient(Tensor dy, Tensor x);
}
