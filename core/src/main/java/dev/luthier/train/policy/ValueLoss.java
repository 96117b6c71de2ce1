package dev.luthier.train.policy;

/**
 * The clipped loss of values: of each token half of {@code max((v - R)^2, (clip(v, old - c, old +
 * c) - R)^2)}, R being the return. Schulman et al., arXiv 1707.06347, as OpenAI's baselines clip
 * it.
 */
public final class ValueLoss {
  private ValueLoss() {}

  /**
   * A loss and its derivatives.
   *
   * @param sum over the tokens
   * @param gradient of the sum by each value
   * @param clipped how many tokens the clipped term is that of
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Graded(double sum, double[] gradient, long clipped) {}

  /**
   * The loss of some tokens.
   *
   * @param now v
   * @param old what v was when the answer was written
   * @param returns R
   * @param clip c
   */
  public static Graded of(double[] now, double[] old, double[] returns, double clip) {
    double sum = 0;
    long count = 0;
    double[] gradient = new double[now.length];
    for (int t = 0; t < now.length; t++) {
      double bounded = Math.max(old[t] - clip, Math.min(old[t] + clip, now[t]));
      double plain = now[t] - returns[t];
      double clipped = bounded - returns[t];
      if (clipped * clipped > plain * plain) {
        sum += clipped * clipped / 2;
        count++;
        gradient[t] = 0;
      } else {
        sum += plain * plain / 2;
        gradient[t] = plain;
      }
    }
    return new Graded(sum, gradient, count);
  }
}
