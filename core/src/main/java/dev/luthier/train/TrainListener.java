package dev.luthier.train;

import java.nio.file.Path;
import java.util.Map;

/** Told what a run does; it cannot steer it. */
public interface TrainListener {
  /** The run is about to make its first step. */
  default void started(long step, long steps) {}

  /** A step is done. */
  default void step(StepMetrics metrics) {}

  /** An evaluation is done. */
  default void evaluated(EvalMetrics metrics) {}

  /** A checkpoint stands. */
  default void saved(Path checkpoint) {}

  /** Something that the user should read. */
  default void message(String text) {}

  /**
   * One optimizer step.
   *
   * @param step counted from 1
   * @param steps in the whole run
   * @param epoch passes over the data so far
   * @param loss nats per label token
   * @param learningRate used in this step
   * @param gradNorm global norm before clipping
   * @param tokens real tokens in the step
   * @param labelTokens what the loss was divided by
   * @param seconds the step took
   * @param peakBytes resident so far
   * @param figures what else the objective measured
   */
  record StepMetrics(
      long step,
      long steps,
      double epoch,
      double loss,
      double learningRate,
      double gradNorm,
      long tokens,
      double labelTokens,
      double seconds,
      long peakBytes,
      Map<String, Double> figures) {}

  /**
   * One evaluation.
   *
   * @param step after which it was made
   * @param loss nats per label token; means nothing where none was scored
   * @param labelTokens scored; 0 of an evaluation that has figures alone
   * @param best whether it is the best so far
   * @param figures what else the objective measured
   */
  record EvalMetrics(
      long step, double loss, long labelTokens, boolean best, Map<String, Double> figures) {}
}
