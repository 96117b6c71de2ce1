package dev.luthier.optim;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * How an optimizer moves one parameter. A rule holds no state: it says what it keeps for a
 * parameter and is handed those tensors with each update.
 */
public sealed interface UpdateRule permits AdamW, AdamW8bit, Sgd, Lion, Adafactor {
  /**
   * What a step gives to every parameter.
   *
   * @param number steps with this one, from 1
   * @param learningRate this parameter's
   * @param weightDecay this parameter's
   */
  record Step(long number, double learningRate, double weightDecay) {}

  /** What it keeps for a parameter of this shape. */
  List<Slot> slots(long... shape);

  /**
   * Whether an element's update depends on that element alone. Then the parameter comes flat and in
   * slices; else it comes whole and in its shape.
   */
  default boolean elementwise() {
    return true;
  }

  /**
   * Moves the parameter, or a slice of it, and its state in place.
   *
   * @param p float32, contiguous
   * @param g its gradient, of the same shape and dtype; it stays as it is
   * @param state the slots of {@link #slots}, in that order
   */
  void update(Tensor p, Tensor g, List<Tensor> state, Step step);

  /** Bytes of state for a parameter of this shape. */
  default long stateBytes(long... shape) {
    return slots(shape).stream().mapToLong(Slot::bytes).sum();
  }

  /** The most bytes that an update of a parameter of this shape takes beside its state. */
  default long workingBytes(long... shape) {
    return 0;
  }
}
