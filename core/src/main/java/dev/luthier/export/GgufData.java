package dev.luthier.export;

import dev.luthier.LuthierException;
import dev.luthier.format.GgufType;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.quant.GgufEncoder;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A tensor's values as a file holds them, some rows at a time: memory holds one of the matrices
 * that are stacked in it, as it is read, and a few megabytes.
 *
 * @param name for messages
 * @param type what they become
 * @param columns values of a row
 * @param importance of columns, for each of the parts after another; empty for none
 * @param parts make the values
 */
record GgufData(
    String name, GgufType type, long columns, float[] importance, List<Supplier<Tensor>> parts)
    implements SafetensorsWriter.Data {
  /** Values that are converted at a time. */
  private static final long SLAB = 1 << 22;

  private static final double LARGEST_HALF = 65504;

  @Override
  public void writeTo(WritableByteChannel channel) throws IOException {
    for (int part = 0; part < parts.size(); part++) {
      try (PointerScope scope = new PointerScope();
          Grad off = Grad.off()) {
        write(parts.get(part).get().view(-1, columns), importance(part), channel);
      }
    }
  }

  private float[] importance(int part) {
    int each = importance.length / parts.size();
    return Arrays.copyOfRange(importance, part * each, (part + 1) * each);
  }

  private void write(Tensor rows, float[] importance, WritableByteChannel channel)
      throws IOException {
    long step = Math.max(1, SLAB / Math.max(1, columns));
    for (long at = 0; at < rows.size(0); at += step) {
      try (PointerScope scope = new PointerScope()) {
        long n = Math.min(step, rows.size(0) - at);
        Tensor slab = Tensors.cast(rows.narrow(0, at, n), ScalarType.Float).contiguous();
        check(slab);
        if (type.isQuantized()) {
          encode(slab, importance, channel);
        } else {
          SafetensorsWriter.writeFully(channel, Tensors.bytes(Tensors.cast(slab, plain())));
        }
      }
    }
  }

  private void encode(Tensor slab, float[] importance, WritableByteChannel channel)
      throws IOException {
    int n = (int) slab.size(0);
    GgufEncoder encoder = new GgufEncoder(type, (int) columns, importance);
    byte[] out = new byte[n * encoder.rowBytes()];
    encoder.encode(Tensors.toFloats(slab), n, out);
    SafetensorsWriter.writeFully(channel, ByteBuffer.wrap(out));
  }

  private ScalarType plain() {
    return switch (type) {
      case F32 -> ScalarType.Float;
      case F16 -> ScalarType.Half;
      case BF16 -> ScalarType.BFloat16;
      default -> throw new IllegalStateException("no plain type: " + type);
    };
  }

  private void check(Tensor slab) {
    if (!Tensors.allFinite(slab)) {
      throw GgufTensors.notFinite(name);
    }
    if (type == GgufType.F16 && slab.abs().max().item_double() > LARGEST_HALF) {
      throw new LuthierException(
          "tensor "
              + name
              + " holds numbers above 65504, the largest that F16 has; export as BF16 or F32, or in"
              + " a quantized type");
    }
  }
}
