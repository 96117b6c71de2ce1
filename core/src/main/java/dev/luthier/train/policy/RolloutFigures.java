package dev.luthier.train.policy;

import dev.luthier.train.policy.Asking.Answered;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is measured of an iteration's answers before they are learnt from. */
final class RolloutFigures {
  private RolloutFigures() {}

  /**
   * How far apart sampler and training forward are, and what is to be learnt.
   *
   * @param valued whether there are values
   */
  static Map<String, Double> of(List<Rollout> rollouts, Answered answered, boolean valued) {
    double off = 0;
    double size = 0;
    long tokens = 0;
    for (int i = 0; i < rollouts.size(); i++) {
      float[] sampled = answered.sampled().get(i).logProbs();
      double[] old = rollouts.get(i).get(TokenFigure.OLD);
      double[] advantages = rollouts.get(i).get(TokenFigure.ADVANTAGE);
      for (int t = 0; t < old.length; t++) {
        off = Math.max(off, Math.abs(sampled[t] - old[t]));
        size += Math.abs(advantages[t]);
        tokens++;
      }
    }
    Map<String, Double> out = new LinkedHashMap<>();
    out.put("sampler_difference", off);
    out.put("advantage_size", size / tokens);
    double explained = explained(rollouts);
    if (valued && Double.isFinite(explained)) {
      out.put("explained_variance", explained);
    }
    return out;
  }

  /** From the reference: the mean over answers, nats. */
  static double divergence(List<Rollout> rollouts) {
    return rollouts.stream().mapToDouble(r -> Arrays.stream(apart(r)).sum()).average().orElse(0);
  }

  /** By how much more likely each token is than by the reference, nats. */
  static double[] apart(Rollout of) {
    double[] out = of.get(TokenFigure.OLD);
    double[] reference = of.get(TokenFigure.REFERENCE);
    Arrays.setAll(out, t -> out[t] - reference[t]);
    return out;
  }

  /** What share of the returns' variance the values told before. */
  private static double explained(List<Rollout> rollouts) {
    double[] returns = all(rollouts, TokenFigure.RETURN);
    double[] values = all(rollouts, TokenFigure.VALUE);
    double[] rest = returns.clone();
    Arrays.setAll(rest, t -> returns[t] - values[t]);
    return 1 - variance(rest) / variance(returns);
  }

  private static double[] all(List<Rollout> rollouts, TokenFigure figure) {
    return rollouts.stream()
        .filter(Rollout::counts)
        .flatMapToDouble(r -> Arrays.stream(r.get(figure)))
        .toArray();
  }

  private static double variance(double[] of) {
    double mean = Arrays.stream(of).average().orElse(0);
    return Arrays.stream(of).map(x -> (x - mean) * (x - mean)).average().orElse(0);
  }
}
