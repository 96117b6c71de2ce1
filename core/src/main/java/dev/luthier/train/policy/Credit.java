package dev.luthier.train.policy;

import dev.luthier.Complaints;
import dev.luthier.train.policy.Advantages.Scale;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Which tokens of an answer its reward is put down to, and how much. */
public sealed interface Credit {
  /**
   * Gives it.
   *
   * @param scores of the answers, group after group; NaN for one that could not be scored, of which
   *     all advantages are 0
   * @param penalties what is taken off the reward for each token; 0 where nothing is
   * @param values of each token; 0 without a value head
   * @param group answers to a prompt
   */
  Worth worth(double[] scores, List<double[]> penalties, List<double[]> values, int group);

  /**
   * What tokens are worth.
   *
   * @param advantages of each answer's tokens
   * @param returns what their values should have been; the values themselves where none are learnt
   */
  record Worth(List<double[]> advantages, List<double[]> returns) {}

  /**
   * All tokens of an answer alike, by the rewards of its group: {@link Advantages#ofGroups}.
   *
   * @param scale of what is above their mean
   */
  record Groups(Scale scale) implements Credit {
    @Override
    public Worth worth(
        double[] scores, List<double[]> penalties, List<double[]> values, int group) {
      return alike(Advantages.ofGroups(less(scores, penalties), group, scale), penalties, values);
    }
  }

  /** All tokens of an answer alike, by the others of its group: {@link Advantages#leaveOneOut}. */
  record LeaveOneOut() implements Credit {
    @Override
    public Worth worth(
        double[] scores, List<double[]> penalties, List<double[]> values, int group) {
      return alike(Advantages.leaveOneOut(less(scores, penalties), group), penalties, values);
    }
  }

  /**
   * Each token by itself, by how much better it went from there than a {@link
   * dev.luthier.train.ValueHead} had expected: {@link Advantages#generalized}. The score is the
   * reward of the last token.
   *
   * @param gamma how much of a reward is left a token earlier
   * @param lambda how far ahead is looked before the values are believed
   * @param whitenRewards whether rewards are brought to variance 1
   * @param whitenAdvantages whether advantages are brought to mean 0 and variance 1
   * @param clip how far a value may move from what it was when the answer was written
   * @param weight of the values' loss
   */
  record Generalized(
      double gamma,
      double lambda,
      boolean whitenRewards,
      boolean whitenAdvantages,
      double clip,
      double weight)
      implements Credit {
    /** Checks them. */
    public Generalized {
      new Complaints()
          .unless(gamma > 0 && gamma <= 1, "gamma", gamma, "must be above 0 and at most 1")
          .unless(lambda >= 0 && lambda <= 1, "lambda", lambda, "must be from 0 to 1")
          .unless(clip > 0, "value clip", clip, "must be above 0")
          .unless(weight > 0, "value weight", weight, "must be above 0")
          .throwIfAny();
    }

    @Override
    public Worth worth(
        double[] scores, List<double[]> penalties, List<double[]> values, int group) {
      List<double[]> rewards = new ArrayList<>();
      for (int i = 0; i < scores.length; i++) {
        double[] own = Arrays.stream(penalties.get(i)).map(p -> -p).toArray();
        own[own.length - 1] += scores[i];
        rewards.add(own);
      }
      if (whitenRewards) {
        Advantages.whiten(scored(scores, rewards), false);
      }
      List<double[]> advantages = new ArrayList<>();
      List<double[]> returns = new ArrayList<>();
      for (int i = 0; i < scores.length; i++) {
        double[] v = values.get(i);
        double[] a =
            Double.isNaN(scores[i])
                ? new double[v.length]
                : Advantages.generalized(rewards.get(i), v, gamma, lambda);
        double[] r = v.clone();
        Arrays.setAll(r, t -> v[t] + a[t]);
        advantages.add(a);
        returns.add(r);
      }
      if (whitenAdvantages) {
        Advantages.whiten(scored(scores, advantages), true);
      }
      return new Worth(advantages, returns);
    }

    private static List<double[]> scored(double[] scores, List<double[]> rows) {
      return IntStream.range(0, scores.length)
          .filter(i -> !Double.isNaN(scores[i]))
          .mapToObj(rows::get)
          .toList();
    }
  }

  private static double[] less(double[] scores, List<double[]> penalties) {
    double[] out = scores.clone();
    Arrays.setAll(out, i -> scores[i] - Arrays.stream(penalties.get(i)).sum());
    return out;
  }

  private static Worth alike(double[] each, List<double[]> tokens, List<double[]> values) {
    List<double[]> advantages = new ArrayList<>();
    for (double advantage : each) {
      double[] own = new double[tokens.get(advantages.size()).length];
      Arrays.fill(own, advantage);
      advantages.add(own);
    }
    return new Worth(advantages, values);
  }
}
