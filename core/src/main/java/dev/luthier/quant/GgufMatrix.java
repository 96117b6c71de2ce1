package dev.luthier.quant;

import dev.luthier.format.GgufType;
import dev.luthier.tensor.Parallel;
import dev.luthier.tensor.Tensors;
import java.nio.ByteBuffer;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A matrix in blocks of one of ggml's types. A row is whole blocks, so rows may be put in another
 * order without a look at what they hold.
 *
 * @param type of the blocks
 * @param columns input features
 * @param blocks uint8 (rows, bytes of a row), contiguous, on the CPU
 */
public record GgufMatrix(GgufType type, long columns, Tensor blocks) implements QuantizedMatrix {
  /** Values that one thread converts at a time: whole blocks of any size, in the first cache. */
  private static final int CHUNK = 4096;

  /** Values in a part of a parallel loop. */
  private static final long PART = 32L * CHUNK;

  /** Refuses parts that do not fit together, and types that are not read. */
  public GgufMatrix {
    if (!reads(type)
        || columns % type.blockValues() != 0
        || blocks.dim() != 2
        || blocks.size(1) != columns / type.blockValues() * type.blockBytes()) {
      throw new IllegalArgumentException(
          "rows of " + columns + " values as " + type + " in " + blocks);
    }
  }

  /** Whether blocks of this type can be decoded. */
  public static boolean reads(GgufType type) {
    return GgufBlocks.decoder(type).isPresent();
  }

  @Override
  public long rows() {
    return blocks.size(0);
  }

  /** What it was quantized from is not recorded. */
  @Override
  public ScalarType dtype() {
    return ScalarType.BFloat16;
  }

  @Override
  public List<Tensor> tensors() {
    return List.of(blocks);
  }

  @Override
  public void dequantizeInto(Tensor out) {
    RowBuffer.check(out, this);
    boolean half = Tensors.dtype(out) == ScalarType.BFloat16;
    Parallel.ranges(rows() * columns, PART, (from, to) -> decode(from, to, out, half));
  }

  private void decode(long from, long to, Tensor out, boolean half) {
    GgufBlocks.Decoder decoder = GgufBlocks.decoder(type).orElseThrow();
    int values = type.blockValues();
    int bytes = type.blockBytes();
    ByteBuffer in = Tensors.bytes(blocks, from / values * bytes, (to - from) / values * bytes);
    RowBuffer target = new RowBuffer(out, from, to);
    byte[] packed = new byte[CHUNK / values * bytes];
    float[] floats = new float[CHUNK];
    short[] shorts = new short[half ? CHUNK : 0];
    for (long at = from; at < to; at += CHUNK) {
      int n = (int) Math.min(CHUNK, to - at);
      in.get(packed, 0, n / values * bytes);
      for (int block = 0; block < n / values; block++) {
        decoder.decode(packed, block * bytes, floats, block * values);
      }
      if (half) {
        for (int i = 0; i < n; i++) {
          shorts[i] = PlainRows.bfloat16(floats[i]);
        }
        target.put(at, shorts, n);
      } else {
        target.put(at, floats, n);
      }
    }
  }
}
