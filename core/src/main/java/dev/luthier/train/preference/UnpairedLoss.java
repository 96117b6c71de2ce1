package dev.luthier.train.preference;

import dev.luthier.Complaints;

/**
 * KTO's loss of an answer that is wanted or not: {@code w (1 - s(b (u - kl)))}, or {@code w (1 -
 * s(b (kl - u)))} where it is not wanted; u is by how much the policy's log-probability exceeds the
 * reference's. Ethayarajh et al., "KTO: Model Alignment as Prospect Theoretic Optimization", arXiv
 * 2402.01306.
 *
 * @param beta b, above 0
 * @param desirable w of wanted answers
 * @param undesirable w of the others
 */
public record UnpairedLoss(double beta, double desirable, double undesirable) {
  /** Checks them. */
  public UnpairedLoss {
    new Complaints()
        .unless(beta > 0, "beta", beta, "must be above 0")
        .unless(desirable >= 0, "desirable weight", desirable, "must be at least 0")
        .unless(undesirable >= 0, "undesirable weight", undesirable, "must be at least 0")
        .throwIfAny();
  }

  /**
   * A loss and its derivative.
   *
   * @param loss nats
   * @param slope with respect to u
   */
  public record Graded(double loss, double slope) {}

  /**
   * The divergence that answers are held against: the mean over answers that belong to other
   * prompts, at least 0. Nothing is learned through it.
   *
   * @param exceeding by how much the policy's log-probability of each exceeds the reference's
   */
  public static double divergence(double... exceeding) {
    double sum = 0;
    for (double u : exceeding) {
      sum += u;
    }
    return exceeding.length == 0 ? 0 : Math.max(0, sum / exceeding.length);
  }

  /** The loss of an answer. */
  public Graded of(double u, double divergence, boolean wanted) {
    double z = beta * (wanted ? u - divergence : divergence - u);
    double weight = wanted ? desirable : undesirable;
    double slope = weight * beta * Logistic.of(z) * Logistic.of(-z);
    return new Graded(weight * Logistic.of(-z), wanted ? -slope : slope);
  }
}
