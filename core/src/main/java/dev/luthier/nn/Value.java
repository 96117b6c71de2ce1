package dev.luthier.nn;

import dev.luthier.tensor.Tensors;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A tensor on its way through a block, and the place where its gradient gathers. Without a {@link
 * Tape} it is the tensor alone.
 *
 * <p>A value may be lazy: a block's last product is not computed again when only the gradients of
 * the block are asked for, since nothing needs it.
 */
public final class Value {
  private final @Nullable Tape tape;
  private final boolean wanted;
  private final @Nullable PointerScope home = PointerScope.getInnerScope();
  private final @Nullable Supplier<Tensor> compute;
  private final @Nullable Supplier<Tensor> room;
  private @Nullable Tensor tensor;
  private @Nullable Tensor gradient;
  private boolean shared;

  private Value(
      @Nullable Tape tape,
      boolean wanted,
      @Nullable Tensor tensor,
      @Nullable Supplier<Tensor> compute,
      @Nullable Supplier<Tensor> room) {
    this.tape = tape;
    this.wanted = wanted && tape != null;
    this.tensor = tensor;
    this.compute = compute;
    this.room = room;
  }

  /** A tensor whose computation is not recorded. */
  public static Value of(Tensor tensor) {
    return new Value(null, false, tensor, null, null);
  }

  static Value leaf(Tape tape, Tensor tensor, boolean wanted) {
    return new Value(tape, wanted, tensor, null, null);
  }

  static Value lazy(@Nullable Tape tape, boolean wanted, Supplier<Tensor> compute) {
    return new Value(tape, wanted, null, compute, null);
  }

  /**
   * The same numbers seen in another way: a part of them, or in another shape. Its gradient is
   * gathered where it belongs in this one's, so views of one value must cover it, each number once.
   *
   * @param of gives a view of the tensor, not a copy
   */
  public Value view(UnaryOperator<Tensor> of) {
    Value view =
        new Value(tape, wanted, null, () -> of.apply(tensor()), () -> of.apply(gradientBuffer()));
    if (tape != null && view.wanted) {
      tape.record(() -> {}, view); // so that it is released
    }
    return view;
  }

  /** Columns [from, from + count) as a {@link #view}. */
  public Value columns(int from, int count) {
    return view(t -> t.narrow(-1, from, count));
  }

  /** Whether its gradient lies within another value's, with gaps between. */
  boolean isView() {
    return room != null;
  }

  /** The tensor; computed now if nobody asked before. */
  public Tensor tensor() {
    if (tensor == null) {
      if (compute == null) {
        throw new IllegalStateException("the value was released");
      }
      try (Op op = new Op(home)) {
        tensor = op.out(compute.get());
      }
    }
    return tensor;
  }

  /** Whether a gradient is to be gathered here. */
  boolean wanted() {
    return wanted;
  }

  /** Where its computation is recorded; null if nowhere. */
  public @Nullable Tape tape() {
    return tape;
  }

  boolean hasGradient() {
    return gradient != null;
  }

  /** What has gathered here; there must be something. */
  public Tensor gradient() {
    if (gradient == null) {
      throw new IllegalStateException("no gradient has reached this value");
    }
    return gradient;
  }

  /** Adds a gradient that the caller made and no longer needs. */
  void give(Tensor fresh) {
    if (gradient == null && room == null) {
      gradient = kept(fresh);
    } else if (gradient == null) {
      gradient = kept(buffer());
      gradient.copy_(fresh);
    } else if (room == null) {
      Tensor before = gradient;
      gradient = kept(fresh.add_(before));
      shared = false;
      before.close();
    } else {
      gradient.add_(fresh);
    }
  }

  /** Adds a gradient that others read as well. */
  void share(Tensor theirs) {
    if (gradient == null && room == null) {
      gradient = kept(new Tensor(theirs));
      shared = true;
    } else if (gradient == null) {
      give(theirs);
    } else if (shared) {
      give(theirs.clone());
    } else {
      gradient.add_(theirs);
    }
  }

  /** Something that adds to a gradient while it writes it. */
  interface Adder {
    /**
     * @param before the gradient so far, or null
     * @param after where the sum goes; may be {@code before} itself
     */
    void add(@Nullable Tensor before, Tensor after);
  }

  /** Adds a gradient in the pass that computes it. */
  void add(Adder adder) {
    Tensor before = gradient;
    if (before == null) {
      Tensor first = kept(buffer());
      gradient = first;
      adder.add(null, first);
    } else if (shared) {
      Tensor sum = kept(torch.empty_like(before));
      gradient = sum;
      shared = false;
      adder.add(before, sum);
      before.close();
    } else {
      adder.add(before, before);
    }
  }

  /** Adds a gradient that is written straight to where it belongs. */
  void write(Consumer<Tensor> writer) {
    if (gradient == null) {
      gradient = kept(buffer());
      writer.accept(gradient);
    } else {
      Tensor fresh = torch.empty_like(gradient);
      writer.accept(fresh);
      give(fresh);
    }
  }

  /** The gradient's storage before anything has been written to it. */
  private Tensor gradientBuffer() {
    if (gradient == null) {
      gradient = kept(buffer());
    }
    return gradient;
  }

  /** Room for a gradient: a view's lies within that of what it is a view of. */
  private Tensor buffer() {
    return room == null ? torch.empty_like(tensor()) : room.get();
  }

  private Tensor kept(Tensor t) {
    if (tape == null) {
      throw new IllegalStateException("no gradients without a tape");
    }
    return tape.keep(t);
  }

  /** Frees the tensor and its gradient. */
  void release() {
    if (tensor != null) {
      tensor.close();
      tensor = null;
    }
    if (gradient != null) {
      gradient.close();
      gradient = null;
    }
  }

  /** This value times a constant. */
  public Value times(double factor) {
    if (factor == 1) {
      return this;
    }
    Value product = lazy(tape, wanted, () -> tensor().mul(Tensors.scalar(factor)));
    if (tape != null && product.wanted) {
      tape.record(() -> give(product.gradient().mul(Tensors.scalar(factor))), product);
    }
    return product;
  }

  /** The sum of two values of the same shape. */
  public Value plus(Value other) {
    Tape on = tape != null ? tape : other.tape;
    Value sum = lazy(on, wanted || other.wanted, () -> tensor().add(other.tensor()));
    if (on != null && sum.wanted) {
      on.record(
          () -> {
            for (Value v : new Value[] {this, other}) {
              if (v.wanted) {
                v.share(sum.gradient());
              }
            }
          },
          sum);
    }
    return sum;
  }
}
