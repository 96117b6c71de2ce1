package dev.luthier.recipe;

import dev.luthier.train.policy.PolicySettings;
import dev.luthier.train.policy.PolicySettings.Mean;
import java.util.Locale;

/** Ways to learn from rewards for the model's own answers; the names are those of the verbs. */
public enum PolicyAlgorithm {
  /** Group relative policy optimization and its kin. */
  GRPO(0),
  /** REINFORCE with the group's other answers as baseline. */
  RLOO(0.05);

  private final double beta;

  PolicyAlgorithm(double beta) {
    this.beta = beta;
  }

  double beta(PolicyLossSettings settings) {
    return settings.beta().orElse(beta);
  }

  /** What is minimised. */
  PolicySettings loss(PolicyLossSettings s, int maxNewTokens) {
    double delta = s.delta().orElse(Double.POSITIVE_INFINITY);
    if (this == RLOO) {
      // A sum over an answer's tokens, a mean over answers.
      return new PolicySettings(s.clipLow(), s.clipHigh(), delta, 0, s.level(), Mean.LONGEST, 1);
    }
    Mean mean =
        switch (s.type()) {
          case DAPO, BNPO -> Mean.TOKENS;
          case GRPO -> Mean.ANSWERS;
          case DR_GRPO -> Mean.LONGEST;
        };
    return new PolicySettings(
        s.clipLow(), s.clipHigh(), delta, beta(s), s.level(), mean, maxNewTokens);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
