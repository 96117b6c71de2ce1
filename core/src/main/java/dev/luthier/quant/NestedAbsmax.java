package dev.luthier.quant;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Double quantization (Dettmers et al. 2023, "QLoRA", section 3): magnitudes less their mean, in
 * turn quantized to 8 bits with the signed dynamic map.
 *
 * @param codes uint8 (blocks)
 * @param absmax float32 (blocks / blockSize, rounded up), of the differences
 * @param map float32 (256): what a code stands for
 * @param offset the mean
 * @param blockSize codes per value of {@code absmax}
 */
public record NestedAbsmax(Tensor codes, Tensor absmax, Tensor map, float offset, int blockSize)
    implements Absmax {
  /** Quantizes magnitudes as bitsandbytes does on a CPU; the tensors belong to this scope. */
  static NestedAbsmax quantize(float[] magnitudes) {
    double sum = 0;
    for (float m : magnitudes) {
      sum += m;
    }
    float offset = (float) (sum / magnitudes.length);
    int blockSize = Blockwise8.BLOCK_SIZE;
    byte[] codes = new byte[magnitudes.length];
    float[] absmax = new float[(magnitudes.length + blockSize - 1) / blockSize];
    float[] differences = new float[magnitudes.length];
    for (int i = 0; i < differences.length; i++) {
      differences[i] = magnitudes[i] - offset;
    }
    for (int block = 0; block < absmax.length; block++) {
      int start = block * blockSize;
      int end = Math.min(start + blockSize, codes.length);
      absmax[block] = Scales.absmax(differences, start, end);
      if (absmax[block] == 0) {
        continue;
      }
      float inverse = 1 / absmax[block];
      for (int i = start; i < end; i++) {
        codes[i] = Grid.code(differences[i] * inverse);
      }
    }
    return new NestedAbsmax(
        Tensors.uint8(codes, codes.length),
        Tensors.floats(absmax, Device.CPU, absmax.length),
        Tensors.floats(DynamicMap.signed().values(), Device.CPU, DynamicMap.SIZE),
        offset,
        blockSize);
  }

  @Override
  public long blocks() {
    return codes.numel();
  }

  @Override
  public List<Tensor> tensors() {
    return List.of(codes, absmax, map);
  }

  @Override
  public Reader reader() {
    ByteBuffer bytes = Tensors.bytes(codes);
    FloatBuffer scales = Tensors.bytes(absmax).asFloatBuffer();
    float[] values = new float[DynamicMap.SIZE];
    Tensors.bytes(map).asFloatBuffer().get(values);
    return (first, count, out) -> {
      for (int i = 0; i < count; i++) {
        int block = (int) first + i;
        out[i] = values[bytes.get(block) & 0xFF] * scales.get(block / blockSize) + offset;
      }
    };
  }

  /**
   * bitsandbytes' search on a CPU: x is rounded to one of 65,536 equal steps over [-1, 1], which
   * has the code nearest to it. Where x is within half a step of the middle between two values this
   * may be the other one's code than {@link DynamicMap#code} gives, and than CUDA does.
   */
  private static final class Grid {
    private static final int STEPS = 1 << 16;
    private static final byte[] CODES = new byte[STEPS];

    static {
      for (int i = 0; i < STEPS; i++) {
        CODES[i] = (byte) DynamicMap.signed().code(-1f + 2f * i / (STEPS - 1));
      }
    }

    static byte code(float x) {
      float clamped = Math.max(-1, Math.min(1, x));
      return CODES[(int) ((clamped + 1) * 0.5f * (STEPS - 1) + 0.5f)];
    }
  }
}
