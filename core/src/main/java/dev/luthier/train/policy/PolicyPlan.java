package dev.luthier.train.policy;

import dev.luthier.generate.SamplingSettings;
import dev.luthier.train.policy.Advantages.Scale;

/**
 * How a policy learns from its own answers.
 *
 * @param prompts asked in an iteration
 * @param group answers to each
 * @param miniBatches updates in one pass over an iteration's answers
 * @param epochs passes
 * @param iterations of asking and learning
 * @param maxNewTokens of an answer
 * @param sampling how tokens are chosen
 * @param loss of the answers
 * @param leaveOneOut whether advantages are {@link Advantages#leaveOneOut}, and not of groups
 * @param scale of advantages of groups
 * @param rewardKl how much of an answer's divergence from the reference is taken off its reward
 * @param maskTruncated whether answers that were cut for their length count for nothing
 * @param rowLength tokens that a packed row takes
 * @param microBatch packed rows that go through the model together
 * @param seed of everything random
 */
public record PolicyPlan(
    int prompts,
    int group,
    int miniBatches,
    int epochs,
    int iterations,
    int maxNewTokens,
    SamplingSettings sampling,
    PolicySettings loss,
    boolean leaveOneOut,
    Scale scale,
    double rewardKl,
    boolean maskTruncated,
    int rowLength,
    int microBatch,
    long seed) {
  /** Updates in an iteration. */
  int steps() {
    return miniBatches * epochs;
  }

  /** Whether a reference is asked. */
  boolean hasReference() {
    return loss.kl() > 0 || rewardKl > 0;
  }
}
