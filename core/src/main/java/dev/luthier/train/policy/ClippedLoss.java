package dev.luthier.train.policy;

import java.util.Arrays;

/**
 * Of each token {@code -min(ratio A, clip(ratio) A)}, A being the token's advantage. Schulman et
 * al., "Proximal Policy Optimization Algorithms", arXiv 1707.06347. At the level of sequences the
 * ratio is the answer's (GSPO).
 */
public final class ClippedLoss implements PolicyLoss {
  @Override
  public Graded of(Tokens answer, PolicySettings settings) {
    Sum sum = new Sum(settings);
    double[] gradient = new double[answer.count()];
    if (settings.level() == PolicySettings.Level.SEQUENCE) {
      double log = 0;
      for (int t = 0; t < gradient.length; t++) {
        log += answer.now()[t] - answer.old()[t];
      }
      double ratio = Math.exp(log / gradient.length);
      double slope = sum.add(ratio, answer.advantages()[0], gradient.length);
      Arrays.fill(gradient, slope / gradient.length);
    } else {
      for (int t = 0; t < gradient.length; t++) {
        gradient[t] = sum.add(answer.ratio(t), answer.advantages()[t], 1);
      }
    }
    return new Graded(sum.loss, gradient, sum.low, sum.high, sum.ratios);
  }

  private static final class Sum {
    private final PolicySettings set;
    private double loss;
    private long ratios;
    private long low;
    private long high;

    Sum(PolicySettings set) {
      this.set = set;
    }

    /**
     * Adds the loss of a ratio.
     *
     * @param tokens that have it
     * @return its derivative with respect to the ratio's logarithm
     */
    double add(double ratio, double advantage, int tokens) {
      double kept = Math.min(ratio, set.most());
      double clipped = Math.max(1 - set.clipLow(), Math.min(1 + set.clipHigh(), ratio));
      double used = kept * advantage <= clipped * advantage ? kept : clipped;
      ratios++;
      low += ratio < 1 - set.clipLow() && advantage < 0 ? 1 : 0;
      high += ratio > 1 + set.clipHigh() && advantage > 0 ? 1 : 0;
      loss -= tokens * advantage * used;
      return used == ratio ? -tokens * advantage * ratio : 0;
    }
  }
}
