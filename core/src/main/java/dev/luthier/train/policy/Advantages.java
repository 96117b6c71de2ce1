package dev.luthier.train.policy;

import java.util.Arrays;
import java.util.List;

/** How much better what a policy did is than was to be expected. */
public final class Advantages {
  /** Added to the standard deviation. */
  private static final double LEAST_SPREAD = 1e-4;

  /** Added to the variance by {@link #whiten}. */
  private static final double LEAST_VARIANCE = 1e-8;

  private Advantages() {}

  /** What an answer's distance from its group's mean is divided by. */
  public enum Scale {
    /** The group's standard deviation, as in the paper. */
    GROUP,
    /** The standard deviation of all answers of the batch. */
    BATCH,
    /** Nothing: Liu et al., "Understanding R1-Zero-Like Training", arXiv 2503.20783. */
    NONE
  }

  /**
   * {@code (reward - mean) / spread} within groups. Shao et al., "DeepSeekMath", arXiv 2402.03300.
   *
   * @param rewards of group after group; NaN for an answer that could not be scored, which counts
   *     for nothing and gets 0
   * @param group answers to a prompt
   */
  public static double[] ofGroups(double[] rewards, int group, Scale scale) {
    groups(rewards, group);
    double[] out = new double[rewards.length];
    double all = scale == Scale.BATCH ? deviation(rewards) : 0;
    for (int from = 0; from < rewards.length; from += group) {
      double[] own = Arrays.copyOfRange(rewards, from, from + group);
      double mean = mean(own);
      double spread =
          switch (scale) {
            case GROUP -> deviation(own) + LEAST_SPREAD;
            case BATCH -> all + LEAST_SPREAD;
            case NONE -> 1;
          };
      for (int i = 0; i < group; i++) {
        out[from + i] = Double.isNaN(own[i]) ? 0 : (own[i] - mean) / spread;
      }
    }
    return out;
  }

  /**
   * Each reward less the mean of the group's others. Ahmadian et al., "Back to Basics", arXiv
   * 2402.14740.
   *
   * @param rewards of group after group; NaN as above
   * @param group answers to a prompt, at least 2
   */
  public static double[] leaveOneOut(double[] rewards, int group) {
    groups(rewards, group);
    double[] out = new double[rewards.length];
    for (int from = 0; from < rewards.length; from += group) {
      double[] own = Arrays.copyOfRange(rewards, from, from + group);
      long count = Arrays.stream(own).filter(r -> !Double.isNaN(r)).count();
      double sum = mean(own) * count;
      for (int i = 0; i < group; i++) {
        boolean alone = Double.isNaN(own[i]) || count < 2;
        out[from + i] = alone ? 0 : own[i] - (sum - own[i]) / (count - 1);
      }
    }
    return out;
  }

  /**
   * Of each token of an answer: the sum over the tokens from it on of {@code (gamma lambda)^l (r +
   * gamma v' - v)}, v' being the next token's value, and 0 behind the last one. Schulman et al.,
   * "High-Dimensional Continuous Control Using Generalized Advantage Estimation", arXiv 1506.02438.
   *
   * @param rewards r of each token
   * @param values v of each token
   */
  public static double[] generalized(
      double[] rewards, double[] values, double gamma, double lambda) {
    double[] out = new double[rewards.length];
    double next = 0;
    for (int t = rewards.length - 1; t >= 0; t--) {
      double after = t + 1 < values.length ? values[t + 1] : 0;
      next = rewards[t] + gamma * after - values[t] + gamma * lambda * next;
      out[t] = next;
    }
    return out;
  }

  /**
   * Brings numbers to variance 1, all rows taken together.
   *
   * @param rows are changed
   * @param center whether to bring them to mean 0, too
   */
  public static void whiten(List<double[]> rows, boolean center) {
    double[] all = rows.stream().flatMapToDouble(Arrays::stream).toArray();
    double mean = mean(all);
    double deviation = deviation(all);
    double scale = 1 / Math.sqrt(deviation * deviation + LEAST_VARIANCE);
    for (double[] row : rows) {
      for (int t = 0; t < row.length; t++) {
        row[t] = (row[t] - mean) * scale + (center ? 0 : mean);
      }
    }
  }

  private static void groups(double[] rewards, int group) {
    if (group < 1 || rewards.length % group != 0) {
      throw new IllegalArgumentException(rewards.length + " rewards in groups of " + group);
    }
  }

  private static double mean(double[] of) {
    return Arrays.stream(of).filter(r -> !Double.isNaN(r)).average().orElse(0);
  }

  /** Of a sample; 0 of fewer than two. */
  private static double deviation(double[] of) {
    double mean = mean(of);
    double[] known = Arrays.stream(of).filter(r -> !Double.isNaN(r)).toArray();
    double squares = Arrays.stream(known).map(r -> (r - mean) * (r - mean)).sum();
    return known.length < 2 ? 0 : Math.sqrt(squares / (known.length - 1));
  }
}
