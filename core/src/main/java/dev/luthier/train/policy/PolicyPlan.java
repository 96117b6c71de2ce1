package dev.luthier.train.policy;

import dev.luthier.generate.SamplingSettings;
import dev.luthier.train.policy.Credit.Generalized;
import java.util.Optional;

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
 * @param lossSettings its settings, but for the divergence's weight
 * @param credit how rewards become advantages
 * @param kl the weight of the divergence from the reference
 * @param klInReward whether it is taken off the rewards, and not part of the loss
 * @param targetKl how far, in nats a token, the policy may move from the one that wrote the answers
 *     before new ones are written; empty for all passes whatever it does
 * @param eosPenalty what is taken off the reward of an answer that was cut for its length
 * @param maskTruncated whether such answers count for nothing
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
    PolicyLoss loss,
    PolicySettings lossSettings,
    Credit credit,
    KlWeight kl,
    boolean klInReward,
    Optional<Double> targetKl,
    double eosPenalty,
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
    return kl.start() > 0;
  }

  /** How values are learnt, if they are. */
  public Optional<Generalized> values() {
    return credit instanceof Generalized values ? Optional.of(values) : Optional.empty();
  }
}
