package dev.luthier.nn;

import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What one block computed, in order, so that gradients can be taken in reverse: reverse-mode
 * differentiation over whole layers, each of which knows its own derivative. What a layer keeps for
 * it is freed as soon as its gradient is done, so a block's working set is what the {@code
 * train.MemoryPlan} counts and no more.
 *
 * <p>Baydin et al., "Automatic Differentiation in Machine Learning: a Survey", arXiv 1502.05767,
 * section 3.2.
 */
public final class Tape {
  /** One layer's share. */
  interface Step {
    /** Adds to the gradients of the layer's inputs and parameters. */
    void backward();

    /** Frees what was kept for it. */
    default void release() {}
  }

  private record Entry(Step step, Value[] outputs) {}

  private final List<Entry> entries = new ArrayList<>();
  private @Nullable PointerScope home;

  /**
   * A value from outside.
   *
   * @param wanted whether its gradient is asked for
   */
  public Value leaf(Tensor x, boolean wanted) {
    return Value.leaf(this, x, wanted);
  }

  void record(Step step, Value... outputs) {
    entries.add(new Entry(step, outputs));
  }

  /**
   * Adds the gradients of {@code <y, dy>} to those of all leaves and parameters. What the tape
   * recorded is freed; leaves' gradients belong to the innermost scope.
   */
  public void backward(Value y, Tensor dy) {
    home = PointerScope.getInnerScope();
    y.share(dy);
    for (int i = entries.size() - 1; i >= 0; i--) {
      Entry entry = entries.get(i);
      boolean reached = false;
      for (Value output : entry.outputs) {
        reached |= output.hasGradient();
      }
      if (reached) {
        try (PointerScope scope = new PointerScope()) {
          entry.step.backward();
        }
      }
      entry.step.release();
      for (Value output : entry.outputs) {
        output.release();
      }
    }
    entries.clear();
  }

  Tensor keep(Tensor t) {
    return home == null ? Tensors.pin(t) : Tensors.keep(t, home);
  }
}
