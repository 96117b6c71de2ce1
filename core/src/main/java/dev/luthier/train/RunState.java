package dev.luthier.train;

/**
 * Everything but tensors that a run needs to go on: all else follows from the settings, the data
 * and the step.
 *
 * @param step optimizer steps done
 * @param bestStep the step with the lowest evaluation loss; 0 if there was no evaluation
 * @param bestLoss that loss
 * @param stale evaluations since then
 * @param tokens real tokens seen
 * @param seconds spent training
 */
public record RunState(
    long step, long bestStep, double bestLoss, int stale, long tokens, double seconds) {
  /** Before the first step. */
  public static RunState start() {
    return new RunState(0, 0, Double.POSITIVE_INFINITY, 0, 0, 0);
  }
}
