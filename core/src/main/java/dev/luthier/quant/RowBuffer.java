package dev.luthier.quant;

import dev.luthier.tensor.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A range of the elements, counted row by row, of a bfloat16 or float32 CPU tensor (rows, columns)
 * whose rows may stand further apart than they are long.
 */
final class RowBuffer {
  private final long columns;
  private final long stride;
  private final long begin;
  private final ShortBuffer shorts;
  private final FloatBuffer floats;

  /** Elements {@code from} (inclusive) to {@code to} (exclusive) of the tensor. */
  RowBuffer(Tensor tensor, long from, long to) {
    columns = tensor.size(1);
    stride = tensor.stride(0);
    begin = offset(from);
    long bytes = tensor.element_size();
    ByteBuffer buffer =
        new BytePointer(tensor.data_ptr())
            .position(begin * bytes)
            .limit((offset(to - 1) + 1) * bytes)
            .asByteBuffer()
            .order(ByteOrder.nativeOrder()); // its views begin at the position
    shorts = buffer.asShortBuffer();
    floats = buffer.asFloatBuffer();
  }

  /** Refuses what this class cannot write to. */
  static void check(Tensor out, QuantizedMatrix matrix) {
    ScalarType dtype = Tensors.dtype(out);
    if (!out.device().is_cpu()
        || (dtype != ScalarType.BFloat16 && dtype != ScalarType.Float)
        || out.dim() != 2
        || out.size(0) != matrix.rows()
        || out.size(1) != matrix.columns()
        || out.stride(1) != 1
        || out.stride(0) < out.size(1)) {
      throw new IllegalArgumentException(
          "expected a bfloat16 or float32 CPU tensor ("
              + matrix.rows()
              + ", "
              + matrix.columns()
              + ") with whole rows, found "
              + out);
    }
  }

  private long offset(long element) {
    return element / columns * stride + element % columns;
  }

  /** Writes bfloat16 bits. */
  void put(long element, short[] values, int count) {
    for (int done = 0; done < count; ) {
      int n = run(element + done, count - done);
      shorts.put((int) (offset(element + done) - begin), values, done, n);
      done += n;
    }
  }

  /** Writes float32. */
  void put(long element, float[] values, int count) {
    for (int done = 0; done < count; ) {
      int n = run(element + done, count - done);
      floats.put((int) (offset(element + done) - begin), values, done, n);
      done += n;
    }
  }

  /** How many elements from here on stand together. */
  private int run(long element, int most) {
    return stride == columns ? most : (int) Math.min(most, columns - element % columns);
  }
}
