package dev.luthier.train.policy;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The clipped loss of a policy on answers that it wrote: of each token {@code -min(ratio A,
 * clip(ratio) A) + kl k}, A being the token's advantage and {@code k = e^(ref - p) - (ref - p) - 1}
 * the divergence from the reference. Schulman et al., "Proximal Policy Optimization Algorithms",
 * arXiv 1707.06347; k is Schulman's third estimator.
 */
public final class PolicyLoss {
  private PolicyLoss() {}

  /**
   * An answer's tokens.
   *
   * @param now their log-probabilities
   * @param old what they were when the answer was written; {@code now} itself in the first pass
   * @param reference what the reference says; null without a divergence
   * @param advantages A of each; where a ratio is an answer's, they are all the same
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Answer(
      double[] now, double[] old, double @Nullable [] reference, double[] advantages) {}

  /**
   * A loss and its derivatives.
   *
   * @param gradient with respect to each answer's {@code now}
   * @param divergence the mean of k over tokens; 0 without a reference
   * @param clippedLow the share of ratios that were clipped from below, where that counts
   * @param clippedHigh the same from above
   * @param ratios how many there are: of tokens, or of answers
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Graded(
      double loss,
      double[][] gradient,
      double divergence,
      double clippedLow,
      double clippedHigh,
      long ratios) {}

  /**
   * What means are taken over.
   *
   * @param answers how many
   * @param tokens of all of them
   */
  public record Totals(long answers, long tokens) {}

  /** The loss of a batch. */
  public static Graded of(List<Answer> answers, PolicySettings settings) {
    long tokens = answers.stream().mapToLong(a -> a.now.length).sum();
    return of(answers, settings, new Totals(answers.size(), tokens));
  }

  /**
   * A part of the loss of a larger batch: those of all parts sum up to it. So do the divergences.
   *
   * @param totals of the larger batch
   */
  public static Graded of(List<Answer> answers, PolicySettings settings, Totals totals) {
    Sum sum = new Sum(answers, settings, totals);
    for (int i = 0; i < answers.size(); i++) {
      sum.add(i);
    }
    return new Graded(
        sum.loss,
        sum.gradient,
        sum.divergence,
        sum.low / (double) Math.max(1, sum.ratios),
        sum.high / (double) Math.max(1, sum.ratios),
        sum.ratios);
  }

  private static final class Sum {
    private final List<Answer> answers;
    private final PolicySettings set;
    private final Totals totals;
    private final double[][] gradient;
    private double loss;
    private double divergence;
    private long ratios;
    private long low;
    private long high;

    Sum(List<Answer> answers, PolicySettings set, Totals totals) {
      this.answers = answers;
      this.set = set;
      this.totals = totals;
      this.gradient = new double[answers.size()][];
    }

    void add(int index) {
      Answer a = answers.get(index);
      int length = a.now.length;
      gradient[index] = new double[length];
      if (length == 0) {
        return;
      }
      double share = share(length);
      if (set.level() == PolicySettings.Level.SEQUENCE) {
        double slope = ratio(Math.exp(meanDifference(a)), a.advantages[0], share * length);
        Arrays.fill(gradient[index], slope / length);
      } else {
        for (int t = 0; t < length; t++) {
          gradient[index][t] = ratio(Math.exp(a.now[t] - a.old[t]), a.advantages[t], share);
        }
      }
      for (int t = 0; a.reference != null && t < length; t++) {
        double off = a.reference[t] - a.now[t];
        double k = Math.expm1(off) - off;
        divergence += k / totals.tokens;
        loss += share * set.kl() * k;
        gradient[index][t] -= share * set.kl() * Math.expm1(off);
      }
    }

    /** What a token of an answer of this length counts for. */
    private double share(int length) {
      return switch (set.mean()) {
        case ANSWERS -> 1.0 / length / totals.answers;
        case TOKENS -> 1.0 / totals.tokens;
        case LONGEST -> 1.0 / set.maxLength() / totals.answers;
      };
    }

    /** Adds the loss of a ratio; returns its derivative with respect to the ratio's logarithm. */
    private double ratio(double ratio, double advantage, double share) {
      double kept = Math.min(ratio, set.most());
      double clipped = Math.max(1 - set.clipLow(), Math.min(1 + set.clipHigh(), ratio));
      double used = kept * advantage <= clipped * advantage ? kept : clipped;
      ratios++;
      low += ratio < 1 - set.clipLow() && advantage < 0 ? 1 : 0;
      high += ratio > 1 + set.clipHigh() && advantage > 0 ? 1 : 0;
      loss -= share * advantage * used;
      return used == ratio ? -share * advantage * ratio : 0;
    }

    private static double meanDifference(Answer a) {
      double sum = 0;
      for (int t = 0; t < a.now.length; t++) {
        sum += a.now[t] - a.old[t];
      }
      return sum / a.now.length;
    }
  }
}
