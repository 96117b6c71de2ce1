package dev.luthier.train;

/** What a step says as it goes, and asks. */
public interface StepListener {
  /** Listens to nothing. */
  StepListener NONE = new StepListener() {};

  /** Micro-batches that go through the model together are about to begin. */
  default void begins() {}

  /** Whether the step is to be given up; asked before each block. */
  default boolean interrupted() {
    return false;
  }

  /**
   * A micro-batch's loss is known, and no block's gradient is begun.
   *
   * @param microBatch counted from 0
   * @param sum over its label tokens, in nats
   */
  default void loss(int microBatch, double sum) {}

  /**
   * The gradients of this stage's parameters are complete: every micro-batch has added to them.
   *
   * @param stage as {@link Stages} counts them
   * @param last false on a way back that another one follows
   */
  default void complete(int stage, boolean last) {}
}
