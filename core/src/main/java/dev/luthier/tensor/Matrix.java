package dev.luthier.tensor;

import org.bytedeco.pytorch.Tensor;

/**
 * How a BLAS sees a tensor (batch, rows, columns): the elements of a row stand together, or those
 * of a column do.
 *
 * @param leading elements from a row to the next; from a column to the next if transposed
 */
record Matrix(Tensor tensor, boolean transposed, long leading) {
  /** The tensor, copied if neither its rows nor its columns stand together. */
  static Matrix of(Tensor t) {
    if (together(t, 2, 1)) {
      return new Matrix(t, false, leading(t, 1, 2));
    }
    if (together(t, 1, 2)) {
      return new Matrix(t, true, leading(t, 2, 1));
    }
    return new Matrix(t.contiguous(), false, t.size(2));
  }

  private static boolean together(Tensor t, int inner, int outer) {
    return (t.stride(inner) == 1 || t.size(inner) == 1)
        && (t.stride(outer) >= t.size(inner) || t.size(outer) == 1);
  }

  /** The stride of a dimension of one element says nothing. */
  private static long leading(Tensor t, int outer, int inner) {
    return t.size(outer) == 1 ? Math.max(1, t.size(inner)) : t.stride(outer);
  }

  long batchStride() {
    return tensor.stride(0);
  }
}
