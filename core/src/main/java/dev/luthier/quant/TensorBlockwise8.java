package dev.luthier.quant;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Parallel;
import dev.luthier.tensor.Tensors;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * {@link Blockwise8} of whole tensors, in blocks of {@link Blockwise8#BLOCK_SIZE}: in Java on all
 * threads where they are on the CPU, in libtorch's operators on another device, with the same
 * codes.
 */
public final class TensorBlockwise8 {
  private static final int BLOCK = Blockwise8.BLOCK_SIZE;

  /** Values that a thread converts at a time; small in a cache. */
  private static final int CHUNK = 16 * BLOCK;

  /** Values in a part of a parallel loop. */
  private static final long PART = 8L * CHUNK;

  private static final ThreadLocal<Chunk> CHUNKS = ThreadLocal.withInitial(Chunk::new);

  /** What a thread converts: made once, so that a step leaves the collector nothing to do. */
  private static final class Chunk {
    private final float[] values = new float[CHUNK];
    private final byte[] codes = new byte[CHUNK];
    private final float[] absmax = new float[CHUNK / BLOCK];
  }

  private TensorBlockwise8() {}

  /** Entries of absmax for so many values. */
  public static long blocks(long values) {
    return (values + BLOCK - 1) / BLOCK;
  }

  /**
   * Quantizes.
   *
   * @param x float32 (n), contiguous, finite
   * @param codes receives them: uint8 (n)
   * @param absmax receives the largest magnitude of each block: float32
   */
  public static void quantize(Tensor x, DynamicMap map, Tensor codes, Tensor absmax) {
    if (!x.device().is_cpu()) {
      quantizeOnDevice(x, map, codes, absmax);
      return;
    }
    FloatBuffer in = Tensors.bytes(x).asFloatBuffer();
    ByteBuffer out = Tensors.bytes(codes);
    FloatBuffer scales = Tensors.bytes(absmax).asFloatBuffer();
    Parallel.ranges(
        x.numel(),
        PART,
        (from, to) -> {
          Chunk chunk = CHUNKS.get();
          for (int at = (int) from; at < to; at += CHUNK) {
            int n = (int) Math.min(CHUNK, to - at);
            in.get(at, chunk.values, 0, n);
            Blockwise8.quantize(chunk.values, n, BLOCK, map, chunk.codes, chunk.absmax);
            out.put(at, chunk.codes, 0, n);
            scales.put(at / BLOCK, chunk.absmax, 0, (int) blocks(n));
          }
        });
  }

  /**
   * Gives the values back.
   *
   * @param codes uint8 (n), contiguous
   * @param absmax the largest magnitude of each block
   * @param out receives them: float32 (n)
   */
  public static void dequantize(Tensor codes, Tensor absmax, DynamicMap map, Tensor out) {
    if (!out.device().is_cpu()) {
      dequantizeOnDevice(codes, absmax, map, out);
      return;
    }
    ByteBuffer in = Tensors.bytes(codes);
    FloatBuffer scales = Tensors.bytes(absmax).asFloatBuffer();
    FloatBuffer target = Tensors.bytes(out).asFloatBuffer();
    Parallel.ranges(
        out.numel(),
        PART,
        (from, to) -> {
          Chunk chunk = CHUNKS.get();
          for (int at = (int) from; at < to; at += CHUNK) {
            int n = (int) Math.min(CHUNK, to - at);
            in.get(at, chunk.codes, 0, n);
            scales.get(at / BLOCK, chunk.absmax, 0, (int) blocks(n));
            Blockwise8.dequantize(chunk.codes, n, BLOCK, map, chunk.absmax, chunk.values);
            target.put(at, chunk.values, 0, n);
          }
        });
  }

  static void quantizeOnDevice(Tensor x, DynamicMap map, Tensor codes, Tensor absmax) {
    Tensor blocks = padded(x);
    absmax.copy_(blocks.abs().amax(new long[] {1}, false));
    Tensor inverse = absmax.clamp_min(Tensors.scalar(Scales.SMALLEST)).reciprocal_().unsqueeze(1);
    Tensor midpoints = floats(map.midpoints()).to(x);
    Tensor found = torch.bucketize(blocks.mul(inverse).view(-1), midpoints, true, false);
    codes.copy_(found.narrow(0, 0, x.numel()));
  }

  static void dequantizeOnDevice(Tensor codes, Tensor absmax, DynamicMap map, Tensor out) {
    Tensor values = floats(map.values()).to(out);
    Tensor blocks = padded(values.index_select(0, codes.to(ScalarType.Int)));
    out.copy_(blocks.mul_(absmax.unsqueeze(1)).view(-1).narrow(0, 0, out.numel()));
  }

  /** As (blocks, block size), zeros at the end. */
  private static Tensor padded(Tensor x) {
    long missing = blocks(x.numel()) * BLOCK - x.numel();
    return torch.constant_pad_nd(x, 0, missing).view(-1, BLOCK);
  }

  private static Tensor floats(float[] values) {
    return Tensors.floats(values, Device.CPU, values.length);
  }
}
