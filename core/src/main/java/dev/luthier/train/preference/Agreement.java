package dev.luthier.train.preference;

import dev.luthier.LuthierException;
import dev.luthier.train.LabelTokens;
import dev.luthier.train.Objective;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * An objective that first checks that policy and reference say the same of every answer, as they
 * must before the first update where the policy begins as the reference.
 *
 * @param objective what is minimised
 * @param share of a log-probability by which they may differ, for the order of sums
 */
record Agreement(Objective objective, double share) implements Objective {
  /** Nats that are nothing for any answer. */
  private static final double LEAST = 1e-3;

  @Override
  public Loss loss(Tensor logProbs, LabelTokens labels) {
    Answers answers = new Answers(logProbs, labels);
    for (int i = 0; i < answers.count(); i++) {
      PairTerm.Scored one = answers.scored(i);
      double apart = Math.abs(one.sum() - one.reference());
      if (!(apart <= LEAST + share * Math.abs(one.reference()))) {
        throw new LuthierException(
            String.format(
                Locale.ROOT,
                "before the first step, policy and reference should say the same, but of an answer"
                    + " of %d tokens the one has a log-probability of %.6f and the other of %.6f."
                    + " If reference.cache names a file, it is another model's: delete it. If not,"
                    + " please report this. See docs/preferences.md#disagreement",
                one.tokens(),
                one.sum(),
                one.reference()));
      }
    }
    return objective.loss(logProbs, labels);
  }

  @Override
  public double weight(LabelTokens labels) {
    return objective.weight(labels);
  }

  @Override
  public Map<String, Double> figures() {
    return objective.figures();
  }
}
