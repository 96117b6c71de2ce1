package dev.luthier.nn;

import dev.luthier.tensor.Kernels;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A projection's columns as heads: (B, T, H * E), or (B, T, H, E) with any strides but the last.
 */
public final class Heads {
  private Heads() {}

  /** Writes one (B, H, T, E) into another. */
  interface Map {
    void write(Tensor from, Tensor to);
  }

  /** (B, T, H * E) seen as (B, T, H, E). */
  public static Value apart(Value x, int heads) {
    return x.tensor().dim() == 4 ? x : x.view(t -> t.unflatten(-1, heads, -1));
  }

  /** Heads with gaps between, (B, T, K, G, E), as (B, T, K * G * E) without. */
  public static Value gathered(Value x) {
    Value y = Value.lazy(x.tape(), x.wanted(), () -> x.tensor().flatten(2, 4));
    Tape tape = x.tape();
    if (tape != null && y.wanted()) {
      tape.record(() -> x.write(out -> out.copy_(y.gradient().view_as(out))), y);
    }
    return y;
  }

  /** To (B, H, T, E). */
  public static Value split(Value x, int heads) {
    return split(x, heads, Heads::move, Heads::move);
  }

  private static void move(Tensor from, Tensor to) {
    if (Kernels.take(from)) {
      Kernels.heads(from, to, null, null, 1);
    } else {
      to.copy_(from);
    }
  }

  /** (B, H, T, E) to (B, T, H * E), written into out. */
  static void join(Tensor x, Tensor out) {
    move(x, heads(out, Math.toIntExact(x.size(1))));
  }

  /**
   * To (B, H, T, E), changed on the way.
   *
   * @param backward from the result's gradient to that of the unchanged heads
   */
  static Value split(Value x, int heads, Map forward, Map backward) {
    Tape tape = x.tape();
    try (Op op = new Op()) {
      Tensor in = heads(x.tensor(), heads);
      Tensor y =
          op.out(
              torch.empty(
                  new long[] {in.size(0), heads, in.size(2), in.size(3)}, in.options(), null));
      forward.write(in, y);
      if (tape == null) {
        return Value.of(y);
      }
      Value result = Value.leaf(tape, y, x.wanted());
      if (result.wanted()) {
        tape.record(
            () -> x.write(out -> backward.write(result.gradient(), heads(out, heads))), result);
      }
      return result;
    }
  }

  private static Tensor heads(Tensor x, int heads) {
    if (x.dim() == 4) {
      return x.transpose(1, 2);
    }
    return x.view(x.size(0), x.size(1), heads, x.size(2) / heads).transpose(1, 2);
  }
}
