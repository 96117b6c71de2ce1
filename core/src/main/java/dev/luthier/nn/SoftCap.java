package dev.luthier.nn;

import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * {@code c tanh(x / c)}: close to x where x is small, never beyond c. Gemma Team, "Gemma 2", arXiv
 * 2408.00118, section 2.
 */
public final class SoftCap {
  private SoftCap() {}

  /** Caps every element. The result may be overwritten, as the head does with logits. */
  public static Value forward(Value x, double cap) {
    try (Op op = new Op()) {
      Tensor y = x.tensor().div(Tensors.scalar(cap)).tanh_();
      Tensor out = op.out(y.mul(Tensors.scalar(cap)));
      Tape tape = x.tape();
      if (tape == null) {
        return Value.of(out);
      }
      Value result = Value.leaf(tape, out, x.wanted());
      if (result.wanted()) {
        tape.record(new Step(x, result, op.out(y)), result);
      }
      return result;
    }
  }

  /** d tanh(x) = 1 - tanh(x)^2. */
  private record Step(Value x, Value y, Tensor tanh) implements Tape.Step {
    @Override
    public void backward() {
      Tensor slope = tanh.square().neg_().add_(Tensors.scalar(1));
      x.give(slope.mul_(y.gradient()));
    }

    @Override
    public void release() {
      tanh.close();
    }
  }
}
