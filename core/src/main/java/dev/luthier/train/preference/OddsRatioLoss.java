package dev.luthier.train.preference;

import dev.luthier.Complaints;
import dev.luthier.train.preference.PairLoss.Graded;

/**
 * ORPO's part beside the cross-entropy of chosen answers: {@code -b log s(o)}, o being the log of
 * the odds of the chosen answer over those of the rejected one. It has no reference. Hong et al.,
 * "ORPO: Monolithic Preference Optimization without Reference Model", arXiv 2403.07691.
 *
 * @param beta b, called lambda in the paper; above 0
 */
public record OddsRatioLoss(double beta) {
  /** Checks it. */
  public OddsRatioLoss {
    new Complaints().unless(beta > 0, "beta", beta, "must be above 0").throwIfAny();
  }

  /**
   * The loss of a pair.
   *
   * @param chosen mean log-probability of the chosen answer's tokens, nats, below 0
   * @param rejected the same of the rejected one's
   */
  public Graded of(double chosen, double rejected) {
    double missedChosen = -Math.expm1(chosen); // 1 - p
    double missedRejected = -Math.expm1(rejected);
    double odds = chosen - rejected - (Math.log(missedChosen) - Math.log(missedRejected));
    double slope = -beta * Logistic.of(-odds);
    return new Graded(-beta * Logistic.log(odds), slope / missedChosen, -slope / missedRejected);
  }
}
