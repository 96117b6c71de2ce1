package dev.luthier.train;

import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * What the steps of a run learn from. What a step gets follows from the settings, the step and the
 * weights at that time, so that a run that is resumed gets the same.
 */
public interface StepSource {
  /** Optimizer steps of the whole run. */
  long totalSteps();

  /** Passes over the data after this many steps. */
  double epochs(long steps);

  /**
   * What a step learns from. The model may be run for it; it is as it is before the step.
   *
   * @param step counted from 0
   * @param interrupted asked from time to time
   * @return empty if interrupted
   */
  Optional<StepData> step(long step, BooleanSupplier interrupted);

  /**
   * Batches that take as much memory as any step's.
   *
   * @param count how many go through the model together
   */
  StepData longest(int count);

  /** Whether there is something to evaluate. */
  boolean evaluates();

  /** What is trained beside the model, for objectives that ask for values. */
  default Optional<ValueHead> valueHead() {
    return Optional.empty();
  }

  /** The weights have moved by what {@link #step} gave last. */
  default void moved() {}

  /** What is evaluated; empty if nothing is. The model may be run for it. */
  Optional<StepData> evaluation();

  /**
   * Whether the step that was given last has something to teach: if so, every trained tensor must
   * learn from the first one.
   */
  default boolean teaches() {
    return true;
  }

  /** Whether the weights are evaluated before the first step, too. */
  default boolean evaluatesFirst() {
    return false;
  }

  /**
   * Rows of a file, in a new order every epoch.
   *
   * @param evaluation rows to evaluate on
   */
  static StepSource of(
      TrainingRows data,
      Optional<TrainingRows> evaluation,
      Objective objective,
      TrainSettings settings,
      EvalSettings eval) {
    return new RowSteps(data, evaluation, objective, settings, eval);
  }
}
