package dev.luthier.quant;

import dev.luthier.LuthierException;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Parallel;
import dev.luthier.tensor.Tensors;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A matrix in NF4 or FP4, with the bytes of bitsandbytes. Blocks run through the matrix row by row
 * and may cross from one row to the next.
 *
 * @param type what a code stands for
 * @param blockSize values per block: a power of two from 32 to 4,096
 * @param rows output features
 * @param columns input features
 * @param dtype what it was quantized from
 * @param packed uint8, two codes a byte, the first in the upper half; any shape
 * @param absmax the largest magnitude of each block
 */
public record FourBitMatrix(
    FourBitType type,
    int blockSize,
    long rows,
    long columns,
    ScalarType dtype,
    Tensor packed,
    Absmax absmax)
    implements QuantizedMatrix {
  /**
   * Values that one thread converts at a time: whole blocks of any size, within the first cache.
   */
  private static final int CHUNK = 4096;

  /** Values in a part of a parallel loop. */
  private static final long PART = 32L * CHUNK;

  /** Refuses parts that do not fit together. */
  public FourBitMatrix {
    if (!validBlockSize(blockSize)) {
      throw new IllegalArgumentException("block size " + blockSize);
    }
    long values = Math.multiplyExact(rows, columns);
    if (packed.numel() != (values + 1) / 2
        || absmax.blocks() != (values + blockSize - 1) / blockSize) {
      throw new IllegalArgumentException(
          "a matrix of %d x %d in blocks of %d with %d bytes and %d scales"
              .formatted(rows, columns, blockSize, packed.numel(), absmax.blocks()));
    }
  }

  /** Whether bitsandbytes knows this block size. */
  public static boolean validBlockSize(int blockSize) {
    return blockSize >= 32 && blockSize <= 4096 && Integer.bitCount(blockSize) == 1;
  }

  /**
   * Quantizes a matrix; what is needed besides it and the result is a few megabytes.
   *
   * @param name what the matrix is called in errors
   * @param weight float32, bfloat16 or float16 (out, in), contiguous, on the CPU
   * @param doubleQuant whether to quantize the magnitudes in turn
   * @return a matrix of the current scope
   * @throws LuthierException if a value is infinite or not a number
   */
  public static FourBitMatrix quantize(
      String name, Tensor weight, FourBitType type, int blockSize, boolean doubleQuant) {
    long values = weight.numel();
    float[] absmax = new float[Math.toIntExact((values + blockSize - 1) / blockSize)];
    Tensor packed =
        torch.empty(
            new long[] {(values + 1) / 2, 1}, Tensors.options(ScalarType.Byte, Device.CPU), null);
    Parallel.ranges(
        values,
        PART,
        (from, to) -> {
          try (PointerScope scope = new PointerScope();
              Grad off = Grad.off()) {
            encode(name, weight.view(-1), from, to, type, blockSize, packed, absmax);
          }
        });
    return new FourBitMatrix(
        type,
        blockSize,
        weight.size(0),
        weight.size(1),
        Tensors.dtype(weight),
        packed,
        doubleQuant
            ? NestedAbsmax.quantize(absmax)
            : new Absmax.Plain(Tensors.floats(absmax, Device.CPU, absmax.length)));
  }

  private static void encode(
      String name,
      Tensor flat,
      long from,
      long to,
      FourBitType type,
      int blockSize,
      Tensor packed,
      float[] absmax) {
    ByteBuffer out = Tensors.bytes(packed, from / 2, (to - from + 1) / 2);
    float[] x = new float[CHUNK];
    byte[] bytes = new byte[CHUNK / 2];
    float[] scales = new float[CHUNK / blockSize];
    for (long at = from; at < to; at += CHUNK) {
      int n = (int) Math.min(CHUNK, to - at);
      try (PointerScope scope = new PointerScope()) {
        Tensor floats = flat.narrow(0, at, n).to(ScalarType.Float);
        Tensors.bytes(floats).asFloatBuffer().get(x, 0, n);
      }
      FourBitCodec.encode(type, blockSize, x, n, bytes, scales);
      int blocks = (n + blockSize - 1) / blockSize;
      for (int i = 0; i < blocks; i++) {
        if (!Float.isFinite(scales[i])) {
          throw new LuthierException(
              name
                  + " has a value that is infinite or not a number, near element "
                  + (at + (long) i * blockSize)
                  + "; it cannot be quantized");
        }
      }
      System.arraycopy(scales, 0, absmax, (int) (at / blockSize), blocks);
      out.put((int) (at - from) / 2, bytes, 0, (n + 1) / 2);
    }
  }

  @Override
  public List<Tensor> tensors() {
    List<Tensor> all = new ArrayList<>(absmax.tensors());
    all.add(0, packed);
    return all;
  }

  @Override
  public void dequantizeInto(Tensor out) {
    RowBuffer.check(out, this);
    if (Kernels.take(out) && columns % blockSize == 0) {
      dequantizeByKernel(out);
      return;
    }
    boolean half = Tensors.dtype(out) == ScalarType.BFloat16;
    Parallel.ranges(rows * columns, PART, (from, to) -> decode(from, to, out, half));
  }

  private void dequantizeByKernel(Tensor out) {
    float[] values = type.codebook();
    if (absmax instanceof NestedAbsmax n) {
      Kernels.fourBit(
          packed,
          blockSize,
          values,
          n.codes(),
          n.map(),
          n.absmax(),
          n.blockSize(),
          n.offset(),
          out);
    } else {
      Tensor scales = absmax.tensors().get(0);
      Kernels.fourBit(packed, blockSize, values, null, null, scales, 1, 0, out);
    }
  }

  private void decode(long from, long to, Tensor out, boolean half) {
    ByteBuffer in = Tensors.bytes(packed, from / 2, (to - from + 1) / 2);
    Absmax.Reader scales = absmax.reader();
    RowBuffer target = new RowBuffer(out, from, to);
    byte[] bytes = new byte[CHUNK / 2];
    float[] blocks = new float[CHUNK / blockSize];
    short[] shorts = new short[half ? CHUNK : 0];
    float[] floats = new float[half ? 0 : CHUNK];
    for (long at = from; at < to; at += CHUNK) {
      int n = (int) Math.min(CHUNK, to - at);
      in.get((int) (at - from) / 2, bytes, 0, (n + 1) / 2);
      scales.get(at / blockSize, (n + blockSize - 1) / blockSize, blocks);
      if (half) {
        FourBitCodec.decode(type, blockSize, bytes, blocks, n, shorts);
        target.put(at, shorts, n);
      } else {
        FourBitCodec.decode(type, blockSize, bytes, blocks, n, floats);
        target.put(at, floats, n);
      }
    }
  }
}
