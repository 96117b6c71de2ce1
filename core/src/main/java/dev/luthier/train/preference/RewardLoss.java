package dev.luthier.train.preference;

import dev.luthier.Complaints;
import dev.luthier.train.preference.PairLoss.Graded;

/**
 * A reward model's loss of a pair: {@code -log s(c - r - margin) + centring (c + r)^2}, of the
 * scores c of the chosen answer and r of the rejected one. Bradley and Terry, 1952; the margin as
 * in Touvron et al., "Llama 2", arXiv 2307.09288; centring as in Eisenstein et al., "Helping or
 * Herding?", arXiv 2312.09244.
 *
 * @param centring how dear a score away from 0 is; 0 for not at all
 */
public record RewardLoss(double centring) {
  /** Checks it. */
  public RewardLoss {
    new Complaints().unless(centring >= 0, "centring", centring, "must be at least 0").throwIfAny();
  }

  /** The loss of a pair. */
  public Graded of(double chosen, double rejected, double margin) {
    double z = chosen - rejected - margin;
    double sum = chosen + rejected;
    double apart = Logistic.of(-z);
    return new Graded(
        -Logistic.log(z) + centring * sum * sum,
        -apart + 2 * centring * sum,
        apart + 2 * centring * sum);
  }
}
