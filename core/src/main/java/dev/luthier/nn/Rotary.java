package dev.luthier.nn;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Rotary position embedding: pairs of a head's numbers are turned by position x frequency. Su et
 * al., "RoFormer", arXiv 2104.09864. Only the first R of a head's E numbers may be turned.
 */
public final class Rotary {
  private final RopeScaling scaling;
  private final Pairs pairs;

  /** Which numbers are turned together. */
  public enum Pairs {
    /** i and i + R/2, as in most Hugging Face checkpoints. */
    HALVES,
    /** 2i and 2i + 1, as in the paper and GPT-J. */
    NEIGHBOURS
  }

  /**
   * @param scaling the frequencies of R numbers, and how they change beyond the trained context
   */
  public Rotary(RopeScaling scaling) {
    this(scaling, Pairs.HALVES);
  }

  /**
   * @param scaling the frequencies of R numbers, and how they change beyond the trained context
   */
  public Rotary(RopeScaling scaling, Pairs pairs) {
    this.scaling = scaling;
    this.pairs = pairs;
  }

  /** Names the frequencies of a sequence of this length; see {@link RopeScaling#regime}. */
  public long regime(long length) {
    return scaling.regime(length);
  }

  /**
   * Cosines and sines for a batch.
   *
   * @param cos (B, 1, T, R/2) in the compute dtype
   * @param sin (B, 1, T, R/2) in the compute dtype
   */
  public record Tables(Tensor cos, Tensor sin, Pairs pairs) {}

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
    return new Tables(
        scaled(angles.cos(), factor, dtype), scaled(angles.sin(), factor, dtype), pairs);
  }

  private static Tensor scaled(Tensor t, double factor, ScalarType dtype) {
    return Tensors.cast(factor == 1 ? t : t.mul(Tensors.scalar(factor)), dtype);
  }

  /**
   * The heads of a projection, turned by the tables.
   *
   * @param x (B, T, H * E) or (B, T, H, E)
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
    long turned = 2 * tables.cos().size(-1); // R
    if (turned == x.size(-1) && tables.pairs() == Pairs.HALVES && Kernels.take(x)) {
      Kernels.heads(x, out, tables.cos(), tables.sin(), direction);
      return;
    }
    if (turned < x.size(-1)) {
      long rest = x.size(-1) - turned;
      out.narrow(-1, turned, rest).copy_(x.narrow(-1, turned, rest));
    }
    Tensor x1 = part(x, 0, turned, tables.pairs());
    Tensor x2 = part(x, 1, turned, tables.pairs());
    Tensor y1 = part(out, 0, turned, tables.pairs());
    Tensor y2 = part(out, 1, turned, tables.pairs());
    y1.copy_(x1.mul(tables.cos()).addcmul_(x2, tables.sin(), Tensors.scalar(-direction)));
    y2.copy_(x2.mul(tables.cos()).addcmul_(x1, tables.sin(), Tensors.scalar(direction)));
  }

  /** The first numbers of all pairs, or the second ones. */
  private static Tensor part(Tensor x, int which, long turned, Pairs pairs) {
    return switch (pairs) {
      case HALVES -> x.narrow(-1, which * turned / 2, turned / 2);
      case NEIGHBOURS ->
          x.slice(-1, new LongOptional(which), new LongOptional(turned), 2); // every other one
    };
  }
}
