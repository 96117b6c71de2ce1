package dev.luthier.train.policy;

import dev.luthier.LuthierException;
import dev.luthier.train.policy.RewardFunction.Completion;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Rewards of several functions by their weights. What one of them cannot score is left to the
 * others; an answer that none can score has no reward.
 */
public final class RewardSum {
  private final List<Part> parts;

  /**
   * A function of the sum.
   *
   * @param name for messages and metrics
   * @param weight that its scores are multiplied by
   */
  public record Part(String name, double weight, RewardFunction function) {}

  /** Their sum. */
  public RewardSum(List<Part> parts) {
    this.parts = List.copyOf(parts);
  }

  /**
   * Rewards.
   *
   * @param sums of each answer; NaN for what no function could score
   * @param means of each function's scores, by its name; empty where there is but one
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Scores(double[] sums, Map<String, Double> means) {}

  Scores of(List<Completion> completions) {
    double[] sums = new double[completions.size()];
    Arrays.fill(sums, Double.NaN);
    Map<String, Double> means = new LinkedHashMap<>();
    for (Part part : parts) {
      double[] own = scores(part, completions);
      for (int i = 0; i < sums.length; i++) {
        if (!Double.isNaN(own[i])) {
          sums[i] = (Double.isNaN(sums[i]) ? 0 : sums[i]) + part.weight * own[i];
        }
      }
      double mean = Arrays.stream(own).filter(s -> !Double.isNaN(s)).average().orElse(Double.NaN);
      means.put("reward/" + part.name, mean);
    }
    return new Scores(sums, parts.size() == 1 ? Map.of() : means);
  }

  private static double[] scores(Part part, List<Completion> completions) {
    double[] scores = part.function.score(completions);
    if (scores.length != completions.size()) {
      throw new LuthierException(
          "the reward function "
              + part.name
              + " was given "
              + completions.size()
              + " answers and gave "
              + scores.length
              + " scores. See docs/policy.md#rewards");
    }
    for (double score : scores) {
      if (Double.isInfinite(score)) {
        throw new LuthierException(
            "the reward function "
                + part.name
                + " gave an infinite score; NaN is for answers that cannot be scored."
                + " See docs/policy.md#rewards");
      }
    }
    return scores;
  }
}
