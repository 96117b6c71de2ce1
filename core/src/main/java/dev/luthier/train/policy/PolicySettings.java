package dev.luthier.train.policy;

import dev.luthier.Complaints;

/**
 * What the loss of a policy is set by.
 *
 * @param clipLow how far a ratio may fall below 1 and still be made smaller
 * @param clipHigh how far it may rise above 1 and still be made larger
 * @param most the largest ratio where the advantage is negative, above {@code 1 + clipHigh};
 *     infinite for none
 * @param kl the divergence's weight; 0 for none
 * @param level of what a ratio is
 * @param mean what the sum over tokens is divided by
 * @param maxLength the longest answer, for {@link Mean#LONGEST}
 */
public record PolicySettings(
    double clipLow,
    double clipHigh,
    double most,
    double kl,
    Level level,
    Mean mean,
    int maxLength) {
  /** Of what a ratio is. */
  public enum Level {
    /** Of each token. */
    TOKEN,
    /** Of an answer: its tokens' geometric mean. Zheng et al., "GSPO", arXiv 2507.18071. */
    SEQUENCE
  }

  /** What the sum over tokens is divided by. */
  public enum Mean {
    /** The tokens of each answer, then the number of answers: GRPO as published. */
    ANSWERS,
    /** All tokens of the batch: DAPO, Yu et al., arXiv 2503.14476. */
    TOKENS,
    /** The longest answer's tokens times the number of answers: Dr. GRPO, arXiv 2503.20783. */
    LONGEST
  }

  /** The same with another weight of the divergence. */
  PolicySettings withKl(double weight) {
    return new PolicySettings(clipLow, clipHigh, most, weight, level, mean, maxLength);
  }

  /** Checks them. */
  public PolicySettings {
    new Complaints()
        .unless(clipLow >= 0, "clip low", clipLow, "must be at least 0")
        .unless(clipHigh >= 0, "clip high", clipHigh, "must be at least 0")
        .unless(most > 1 + clipHigh, "largest ratio", most, "must be above 1 + clip high")
        .unless(kl >= 0, "kl", kl, "must be at least 0")
        .unless(maxLength >= 1, "max length", maxLength, "must be at least 1")
        .throwIfAny();
  }
}
