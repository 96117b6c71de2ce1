package dev.luthier.nn;

import dev.luthier.tensor.Kernels;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A projection's columns as heads. */
public final class Heads {
  private Heads() {}

  /** Writes one (B, H, T, E) into another. */
  interface Map {
    void write(Tensor from, Tensor to);
  }

  /** (B, T, H * E) to (B, H, T, E). */
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
   * (B, T, H * E) to (B, H, T, E), changed on the way.
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
    return x.view(x.size(0), x.size(1), heads, x.size(2) / heads).transpose(1, 2);
  }
}
