package dev.luthier.train.policy;

/**
 * The loss of an answer that a policy wrote, as a function of its tokens' log-probabilities. What
 * answers are averaged by, and the divergence from the reference, are added to it. Users may
 * implement it, in a jar or in a single source file; the class needs a constructor without
 * parameters.
 */
public interface PolicyLoss {
  /**
   * An answer's T tokens; T is at least 1.
   *
   * @param now (T) their log-probabilities, nats
   * @param old (T) what they were when the answer was written; {@code now} itself in the first pass
   * @param advantages (T) how much better each is than was expected; where credit is given to
   *     answers, not tokens, they are all the same
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Tokens(double[] now, double[] old, double[] advantages) {
    /** T. */
    public int count() {
      return now.length;
    }

    /** The ratio of token t: its probability now to that when it was written. */
    public double ratio(int t) {
      return Math.exp(now[t] - old[t]);
    }
  }

  /**
   * A loss and its derivatives.
   *
   * @param sum over the tokens
   * @param gradient (T) of the sum with respect to {@code now}
   * @param clippedLow how many ratios were clipped from below, where that counts
   * @param clippedHigh the same from above
   * @param ratios how many there are: of tokens, or one of the answer
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Graded(double sum, double[] gradient, long clippedLow, long clippedHigh, long ratios) {
    /** Of a loss that clips nothing. */
    public Graded(double sum, double[] gradient) {
      this(sum, gradient, 0, 0, gradient.length);
    }
  }

  /** The loss of an answer. Called from one thread, for each answer of an update. */
  Graded of(Tokens answer, PolicySettings settings);
}
