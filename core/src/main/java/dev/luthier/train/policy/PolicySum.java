package dev.luthier.train.policy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The loss of a policy over answers that it wrote: a {@link PolicyLoss} of each, and of each token
 * the weighted divergence from the reference {@code k = e^(ref - p) - (ref - p) - 1}, which is
 * Schulman's third estimator; averaged as the settings say.
 */
public final class PolicySum {
  private PolicySum() {}

  /**
   * An answer.
   *
   * @param tokens its tokens
   * @param reference what the reference says of them, nats; null without a divergence
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Answer(PolicyLoss.Tokens tokens, double @Nullable [] reference) {}

  /**
   * A loss and its derivatives.
   *
   * @param gradient with respect to the log-probabilities of each answer's tokens
   * @param divergence the mean of k over tokens; 0 without a reference
   * @param clippedLow how many ratios were clipped from below, where that counts
   * @param clippedHigh the same from above
   * @param ratios how many there are: of tokens, or of answers
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Graded(
      double loss,
      double[][] gradient,
      double divergence,
      long clippedLow,
      long clippedHigh,
      long ratios) {}

  /**
   * What means are taken over.
   *
   * @param answers how many
   * @param tokens of all of them
   */
  public record Totals(long answers, long tokens) {}

  /** The loss of a batch. */
  public static Graded of(List<Answer> answers, PolicyLoss loss, PolicySettings settings) {
    long tokens = answers.stream().mapToLong(a -> a.tokens.count()).sum();
    return of(answers, loss, settings, new Totals(answers.size(), tokens));
  }

  /**
   * A part of the loss of a larger batch: those of all parts sum up to it. So do the divergences.
   *
   * @param totals of the larger batch
   */
  public static Graded of(
      List<Answer> answers, PolicyLoss loss, PolicySettings settings, Totals totals) {
    double sum = 0;
    double divergence = 0;
    long low = 0;
    long high = 0;
    long ratios = 0;
    double[][] gradient = new double[answers.size()][];
    for (int i = 0; i < gradient.length; i++) {
      PolicyLoss.Tokens tokens = answers.get(i).tokens;
      gradient[i] = new double[tokens.count()];
      if (tokens.count() == 0) {
        continue;
      }
      PolicyLoss.Graded own = loss.of(tokens, settings);
      double share = share(settings, tokens.count(), totals);
      sum += share * own.sum();
      low += own.clippedLow();
      high += own.clippedHigh();
      ratios += own.ratios();
      double @Nullable [] reference = answers.get(i).reference;
      for (int t = 0; t < tokens.count(); t++) {
        gradient[i][t] = share * own.gradient()[t];
        if (reference != null) {
          double off = reference[t] - tokens.now()[t];
          double k = Math.expm1(off) - off;
          divergence += k / totals.tokens;
          sum += share * settings.kl() * k;
          gradient[i][t] -= share * settings.kl() * Math.expm1(off);
        }
      }
    }
    return new Graded(sum, gradient, divergence, low, high, ratios);
  }

  /** What a token of an answer of this length counts for. */
  private static double share(PolicySettings settings, int length, Totals totals) {
    return switch (settings.mean()) {
      case ANSWERS -> 1.0 / length / totals.answers;
      case TOKENS -> 1.0 / totals.tokens;
      case LONGEST -> 1.0 / settings.maxLength() / totals.answers;
    };
  }
}
