package dev.luthier.recipe;

import dev.luthier.Setting;
import dev.luthier.train.policy.Credit.Generalized;

/**
 * What {@code ppo} expects of an answer from each token on, and how it learns to.
 *
 * @param gamma how much of a reward is left a token earlier
 * @param lambda how far ahead is looked before the values are believed
 * @param clip how far a value may move from what it was when the answer was written
 * @param weight of the values' loss
 * @param whitenRewards whether rewards are brought to variance 1
 * @param whitenAdvantages whether advantages are brought to mean 0 and variance 1
 */
public record ValueSettings(
    @Setting(help = "ppo: how much of a reward is left a token earlier", value = "1.0")
        double gamma,
    @Setting(
            help = "ppo: how far ahead is looked before the values are believed, from 0 to 1 (GAE)",
            value = "0.95")
        double lambda,
    @Setting(
            help = "ppo: how far a value may move from what it was when the answer was written",
            value = "0.2")
        double clip,
    @Setting(help = "ppo: weight of the values' loss", value = "0.1") double weight,
    @Setting(help = "ppo: rewards of tokens are brought to variance 1", value = "false")
        boolean whitenRewards,
    @Setting(help = "ppo: advantages are brought to mean 0 and variance 1", value = "true")
        boolean whitenAdvantages) {
  /** Checks everything at once. */
  public ValueSettings {
    new Generalized(gamma, lambda, whitenRewards, whitenAdvantages, clip, weight);
  }

  Generalized credit() {
    return new Generalized(gamma, lambda, whitenRewards, whitenAdvantages, clip, weight);
  }
}
