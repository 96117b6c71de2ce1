package dev.luthier.nn;

import java.util.Objects;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A learned map {@code y = x W^T + b}, with an adapter or without; rows of W are outputs, as
 * Hugging Face stores them. Maps of the same input run together, as a {@link LinearGroup}.
 */
public final class Linear {
  private final Weight weight;
  private final int from;
  private final int in;
  private final int out;
  private final @Nullable Tensor bias;
  private final @Nullable Lora lora;
  private final @Nullable TokenRows tokens;
  private @Nullable Consumer<Tensor> observer;
  private boolean aside;

  /**
   * @param weight where its rows lie, maybe with others'
   * @param from its first row
   * @param bias (out)
   * @param tokens what of a head's matrix is trained though the rest is not
   */
  Linear(
      Weight weight,
      int from,
      int in,
      int out,
      @Nullable Tensor bias,
      @Nullable Lora lora,
      @Nullable TokenRows tokens) {
    this.weight = weight;
    this.from = from;
    this.in = in;
    this.out = out;
    this.bias = bias;
    this.lora = lora;
    this.tokens = tokens;
  }

  Weight stack() {
    return weight;
  }

  int from() {
    return from;
  }

  /**
   * From now on, what the map is given is shown first.
   *
   * @param by is given x (N, in), in the compute dtype, on the thread and in the scope of the pass;
   *     it must not change it
   */
  public void observe(Consumer<Tensor> by) {
    observer = by;
  }

  /** Ends what {@link #observe} began. */
  public void unobserve() {
    observer = null;
  }

  @Nullable Consumer<Tensor> observer() {
    return observer;
  }

  /** How many numbers it takes. */
  public int in() {
    return in;
  }

  /** How many numbers it gives. */
  public int out() {
    return out;
  }

  @Nullable Tensor bias() {
    return bias;
  }

  @Nullable Lora lora() {
    return aside ? null : lora;
  }

  /** Whether its adapter adds nothing for now, since a {@link ServedAdapter} does in its place. */
  void setAside(boolean now) {
    aside = now;
  }

  @Nullable TokenRows tokens() {
    return tokens;
  }

  /** From now on its matrix is there in the compute dtype, until {@link #drop}. */
  public void hold() {
    weight.hold();
  }

  /** Ends what {@link #hold} began. */
  public void drop() {
    weight.drop();
  }

  /** Whether its matrix is stored (in, out), as GPT-2's {@code Conv1D}. */
  public boolean isTransposed() {
    return weight.isTransposed();
  }

  /** Whether its matrix is trained. */
  public boolean isTrained() {
    return weight.trained();
  }

  /** Whether it carries an adapter. */
  public boolean isAdapted() {
    return lora != null;
  }

  /** The weight without its adapter (out, in), float32; it belongs to the innermost scope. */
  public Tensor baseWeight() {
    return weight.rows(from, out);
  }

  /**
   * What its adapter adds to the weight: float32, in the shape in which the weight is stored, of
   * the innermost scope. There must be an adapter.
   */
  public Tensor delta() {
    Tensor delta = Objects.requireNonNull(lora).delta(); // (out, in)
    return isTransposed() ? delta.t().contiguous() : delta;
  }

  /**
   * The map's value. Only for a map that has its matrix to itself.
   *
   * @param x (..., in), in the compute dtype
   * @return (..., out), in x's dtype
   */
  public Value forward(Value x, Pass pass) {
    return LinearGroup.of(this).forward(x, pass).get(0);
  }
}
