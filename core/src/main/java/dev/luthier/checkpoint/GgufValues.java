package dev.luthier.checkpoint;

import dev.luthier.format.DType;
import dev.luthier.format.GgufTensor;
import dev.luthier.format.GgufType;
import dev.luthier.format.TensorInfo;
import dev.luthier.quant.GgufMatrix;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The numbers of a GGUF file's tensors, in the file's order of rows. */
public final class GgufValues {
  /** Values that are dequantized at a time. */
  private static final long SLAB = 1 << 24;

  /** Bytes that are read at a time. */
  private static final long PIECE = 64 << 20;

  private GgufValues() {}

  /** All of a tensor, in a new one of the current scope: float32, of the file's shape. */
  public static Tensor floats(GgufTensor tensor) {
    long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
    Tensor out = torch.empty(shape, Tensors.options(ScalarType.Float, Device.CPU), null);
    try (Grad off = Grad.off()) {
      read(tensor.name(), tensor, out);
    }
    return out;
  }

  /**
   * Fills a tensor.
   *
   * @param name for messages
   */
  static void read(String name, GgufTensor tensor, Tensor target) {
    Optional<DType> plain = plain(tensor.type());
    if (plain.isPresent()) {
      TensorFiles.read(
          tensor.path(),
          new TensorInfo(name, plain.get(), tensor.shape(), tensor.offset(), tensor.length()),
          target);
    } else {
      dequantize(tensor, target.view(-1, tensor.columns()));
    }
  }

  /** What a type is called in other files; empty for those in blocks. */
  static Optional<DType> plain(GgufType type) {
    return Optional.ofNullable(
        switch (type) {
          case F64 -> DType.F64;
          case F32 -> DType.F32;
          case F16 -> DType.F16;
          case BF16 -> DType.BF16;
          case I64 -> DType.I64;
          case I32 -> DType.I32;
          case I16 -> DType.I16;
          case I8 -> DType.I8;
          default -> null;
        });
  }

  /** Dequantizes in float32, some rows at a time. */
  private static void dequantize(GgufTensor tensor, Tensor target) {
    long rows = target.size(0);
    long step = Math.max(1, SLAB / Math.max(1, tensor.columns()));
    for (long at = 0; at < rows; at += step) {
      try (PointerScope scope = new PointerScope()) {
        long n = Math.min(step, rows - at);
        GgufMatrix part = new GgufMatrix(tensor.type(), tensor.columns(), blocks(tensor, at, n));
        target.narrow(0, at, n).copy_(part.dequantize(ScalarType.Float));
      }
    }
  }

  /** Rows [from, from + count) as bytes, in a new tensor of the current scope. */
  static Tensor blocks(GgufTensor tensor, long from, long count) {
    long length = tensor.rowBytes();
    Tensor out =
        torch.empty(new long[] {count, length}, Tensors.options(ScalarType.Byte, Device.CPU), null);
    for (long at = 0; at < count * length; at += PIECE) {
      long n = Math.min(PIECE, count * length - at);
      tensor.read(from * length + at, Tensors.bytes(out, at, n));
    }
    return out;
  }
}
