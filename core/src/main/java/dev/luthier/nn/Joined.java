package dev.luthier.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Tokens of two values one behind the other. */
public final class Joined {
  private Joined() {}

  /**
   * The first value's tokens, then the second one's.
   *
   * @param first (B, T1, D)
   * @param second (B, T2, D)
   * @return (B, T1 + T2, D)
   */
  public static Value of(Value first, Value second) {
    Tape tape = first.tape() != null ? first.tape() : second.tape();
    boolean wanted = first.wanted() || second.wanted();
    Value both =
        Value.lazy(
            tape, wanted, () -> torch.cat(new TensorVector(first.tensor(), second.tensor()), 1));
    if (tape != null && wanted) {
      tape.record(
          () -> {
            long at = first.tensor().size(1);
            give(first, both.gradient().narrow(1, 0, at));
            give(second, both.gradient().narrow(1, at, second.tensor().size(1)));
          },
          both);
    }
    return both;
  }

  private static void give(Value part, Tensor gradient) {
    if (part.wanted()) {
      part.give(gradient.contiguous());
    }
  }
}
