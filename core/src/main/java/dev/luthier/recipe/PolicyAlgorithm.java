package dev.luthier.recipe;

import dev.luthier.Complaints;
import dev.luthier.train.policy.Credit;
import dev.luthier.train.policy.KlWeight;
import dev.luthier.train.policy.PolicySettings;
import dev.luthier.train.policy.PolicySettings.Level;
import dev.luthier.train.policy.PolicySettings.Mean;
import java.util.Locale;

/** Ways to learn from rewards for the model's own answers; the names are those of the verbs. */
public enum PolicyAlgorithm {
  /** Group relative policy optimization and its kin. */
  GRPO(0, 1, 2),
  /** REINFORCE with the group's other answers as baseline. */
  RLOO(0.05, 1, 2),
  /** Proximal policy optimization with a value head. */
  PPO(0.05, 4, 1);

  private final double beta;
  private final int epochs;
  private final int least;

  PolicyAlgorithm(double beta, int epochs, int least) {
    this.beta = beta;
    this.epochs = epochs;
    this.least = least;
  }

  /** Checks what not all of them can do. */
  void check(RolloutSettings rollout, PolicyLossSettings loss) {
    new Complaints()
        .unless(
            loss.betaTarget().isEmpty() || loss.beta().orElse(beta) > 0,
            "loss.beta",
            loss.beta().orElse(beta),
            "must be above 0 for loss.betaTarget to move it")
        .unless(
            rollout.generations() >= least,
            "rollout.generations",
            rollout.generations(),
            "must be at least " + least + " for " + this + ", which holds them against one another")
        .throwIfAny();
  }

  /** The divergence's weight. */
  KlWeight beta(PolicyLossSettings settings) {
    return new KlWeight(settings.beta().orElse(beta), settings.betaTarget());
  }

  /** Passes over an iteration's answers. */
  int epochs(PolicyLossSettings settings) {
    return settings.epochs().orElse(epochs);
  }

  /** Whether the divergence is taken off the rewards, and not part of the loss. */
  boolean klInReward() {
    return this != GRPO;
  }

  /** How rewards become advantages. */
  Credit credit(PolicyLossSettings loss, ValueSettings value) {
    return switch (this) {
      case GRPO -> new Credit.Groups(loss.scale());
      case RLOO -> new Credit.LeaveOneOut();
      case PPO -> value.credit();
    };
  }

  /** What is minimised. */
  PolicySettings loss(PolicyLossSettings s, int maxNewTokens) {
    double delta = s.delta().orElse(Double.POSITIVE_INFINITY);
    Mean mean =
        switch (this) {
          case GRPO -> s.type().mean();
          case RLOO -> Mean.LONGEST; // of 1: a sum over an answer's tokens, a mean over answers
          case PPO -> Mean.TOKENS;
        };
    Level level = this == PPO ? Level.TOKEN : s.level();
    int longest = this == RLOO ? 1 : maxNewTokens;
    return new PolicySettings(s.clipLow(), s.clipHigh(), delta, 0, level, mean, longest);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
