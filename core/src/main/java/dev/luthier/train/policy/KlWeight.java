package dev.luthier.train.policy;

import dev.luthier.Complaints;
import java.util.Optional;

/**
 * What the divergence from the reference weighs: always the same, or moved so that the divergence
 * stays near a target: {@code w (1 + 0.1 e)} after each iteration, e being {@code (divergence -
 * target) / target} within 0.2. Ziegler et al., "Fine-Tuning Language Models from Human
 * Preferences", arXiv 1909.08593, section 2.2.
 *
 * @param start the weight at first; 0 for no reference
 * @param target nats of an answer; empty for a weight that stays
 */
public record KlWeight(double start, Optional<Double> target) {
  private static final double RATE = 0.1;
  private static final double MOST = 0.2;

  /** Checks them. */
  public KlWeight {
    new Complaints()
        .unless(start >= 0, "kl weight", start, "must be at least 0")
        .unless(target.isEmpty() || target.get() > 0, "kl target", target, "must be above 0")
        .unless(target.isEmpty() || start > 0, "kl weight", start, "must be above 0 with a target")
        .throwIfAny();
  }

  /**
   * The weight of the next iteration.
   *
   * @param weight of this one
   * @param divergence the mean over its answers, nats
   */
  public double next(double weight, double divergence) {
    return target
        .map(t -> weight * (1 + RATE * Math.max(-MOST, Math.min(MOST, (divergence - t) / t))))
        .orElse(weight);
  }
}
