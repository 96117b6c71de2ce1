package dev.luthier.recipe;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.train.policy.Advantages;
import dev.luthier.train.policy.PolicySettings.Level;
import dev.luthier.train.policy.PolicySettings.Mean;
import java.util.Locale;
import java.util.Optional;

/**
 * What a policy minimises over its own answers.
 *
 * @param function a source file or a jar with a {@link dev.luthier.train.policy.PolicyLoss}, in
 *     place of the clipped loss
 * @param type what the sum over tokens is divided by
 * @param level of what a ratio is
 * @param scale what an answer's distance from its group's mean is divided by
 * @param clipLow how far a ratio may fall below 1 and still be made smaller
 * @param clipHigh how far it may rise above 1 and still be made larger
 * @param delta the largest ratio where the advantage is negative
 * @param beta the weight of the divergence from the reference
 * @param betaTarget the divergence that the weight moves to keep
 * @param targetKl how far the policy may move before new answers are written
 * @param maskTruncated whether answers that were cut for their length count for nothing
 * @param epochs passes over an iteration's answers
 * @param miniBatches updates in a pass
 */
public record PolicyLossSettings(
    @Setting(
            help =
                "a .java file or a .jar with a PolicyLoss, FILE or FILE#CLASS, in place of the"
                    + " clipped loss (--loss)")
        Optional<String> function,
    @Setting(
            help =
                "grpo: dapo (mean over all tokens) | grpo (mean of each answer's mean) | bnpo (as"
                    + " dapo) | dr_grpo (over the longest answer)",
            value = "dapo")
        Type type,
    @Setting(
            help = "ratios of each token, or of an answer (GSPO): token | sequence",
            value = "token")
        Level level,
    @Setting(help = "grpo: advantages over the deviation of: group | batch | none", value = "group")
        Advantages.Scale scale,
    @Setting(help = "how far a ratio may fall below 1 and still be made smaller", value = "0.2")
        double clipLow,
    @Setting(help = "how far it may rise above 1 and still be made larger", value = "0.2")
        double clipHigh,
    @Setting(help = "largest ratio where the advantage is negative; not set means none")
        Optional<Double> delta,
    @Setting(
            help =
                "weight of the divergence from the reference: in the loss (grpo, default 0), in the"
                    + " reward (rloo and ppo, default 0.05)")
        Optional<Double> beta,
    @Setting(
            help =
                "loss.beta moves so that an answer's divergence stays near this, in nats; not set"
                    + " means that it stays as it is")
        Optional<Double> betaTarget,
    @Setting(
            help =
                "new answers are written before all passes are done once an update finds the policy"
                    + " this far, in nats a token, from the one that wrote them (target_kl)")
        Optional<Double> targetKl,
    @Setting(help = "answers that were cut for their length count for nothing", value = "false")
        boolean maskTruncated,
    @Setting(help = "passes over an iteration's answers (ppo: default 4, else 1)")
        Optional<Integer> epochs,
    @Setting(help = "updates in a pass", value = "1") int miniBatches) {
  /** What the sum over tokens is divided by. */
  public enum Type {
    DAPO,
    GRPO,
    BNPO,
    DR_GRPO;

    Mean mean() {
      return switch (this) {
        case DAPO, BNPO -> Mean.TOKENS;
        case GRPO -> Mean.ANSWERS;
        case DR_GRPO -> Mean.LONGEST;
      };
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Checks everything at once. */
  public PolicyLossSettings {
    new Complaints()
        .unless(clipLow >= 0, "loss.clipLow", clipLow, "must be 0 or more")
        .unless(clipHigh >= 0, "loss.clipHigh", clipHigh, "must be 0 or more")
        .unless(
            delta.orElse(Double.POSITIVE_INFINITY) > 1 + clipHigh,
            "loss.delta",
            delta.orElse(0.0),
            "must be above 1 + loss.clipHigh")
        .unless(beta.orElse(0.0) >= 0, "loss.beta", beta.orElse(0.0), "must be 0 or more")
        .unless(
            betaTarget.orElse(1.0) > 0,
            "loss.betaTarget",
            betaTarget.orElse(0.0),
            "must be above 0")
        .unless(targetKl.orElse(1.0) > 0, "loss.targetKl", targetKl.orElse(0.0), "must be above 0")
        .unless(epochs.orElse(1) >= 1, "loss.epochs", epochs.orElse(1), "must be at least 1")
        .unless(miniBatches >= 1, "loss.miniBatches", miniBatches, "must be at least 1")
        .throwIfAny();
  }
}
