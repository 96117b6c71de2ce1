package dev.luthier.nn;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Rotary position embedding: pairs (i, i + E/2) of a head are turned by position x frequency i. Su
 * et al., "RoFormer", arXiv 2104.09864, in the half-split layout of Hugging Face checkpoints.
 */
public final class Rotary {
  private final RopeScaling scaling;

  /**
   * @param scaling the frequencies, and how they change beyond the trained context
   */
  public Rotary(RopeScaling scaling) {
    this.scaling = scaling;
  }

  /**
   * Cosines and sines for a batch.
   *
   * @param cos (B, 1, T, E/2) in the compute dtype
   * @param sin (B, 1, T, E/2) in the compute dtype
   */
  public record Tables(Tensor cos, Tensor sin) {}

  /**
   * The tables for these positions.
   *
   * @param positions B x T, row-major
   */
  public Tables tables(long[] positions, int rows, int length, ScalarType dtype, Device device) {
    long last = 0;
    float[] p = new float[positions.length];
    for (int i = 0; i < p.length; i++) {
      p[i] = positions[i];
      last = Math.max(last, positions[i]);
    }
    Tensor frequencies =
        Tensors.floats(scaling.frequencies(last + 1), device, 1, 1, 1, scaling.headDim() / 2);
    Tensor angles = Tensors.floats(p, device, rows, 1, length, 1).mul(frequencies);
    double factor = scaling.attentionFactor();
    return new Tables(scaled(angles.cos(), factor, dtype), scaled(angles.sin(), factor, dtype));
  }

  private static Tensor scaled(Tensor t, double factor, ScalarType dtype) {
    return Tensors.cast(factor == 1 ? t : t.mul(Tensors.scalar(factor)), dtype);
  }

  /**
   * The heads of a projection, turned by the tables.
   *
   * @param x (B, T, H * E)
   * @return (B, H, T, E)
   */
  public static Value apply(Value x, int heads, Tables tables) {
    return Heads.split(
        x,
        heads,
        (in, out) -> turn(in, out, tables, 1),
        (gradient, out) -> turn(gradient, out, tables, -1));
  }

  /** Writes x turned one way or back into a tensor of the same shape (B, H, T, E). */
  private static void turn(Tensor x, Tensor out, Tables tables, int direction) {
    if (Kernels.take(x)) {
      Kernels.heads(x, out, tables.cos(), tables.sin(), direction);
      return;
    }
    long half = x.size(-1) / 2;
    Tensor x1 = x.narrow(-1, 0, half);
    Tensor x2 = x.narrow(-1, half, half);
    Tensor y1 = out.narrow(-1, 0, half);
    Tensor y2 = out.narrow(-1, half, half);
    torch.mul_out(y1, x1, tables.cos());
    y1.addcmul_(x2, tables.sin(), Tensors.scalar(-direction));
    torch.mul_out(y2, x2, tables.cos());
    y2.addcmul_(x1, tables.sin(), Tensors.scalar(direction));
  }
}
