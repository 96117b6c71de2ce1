package dev.luthier.train.preference;

import dev.luthier.train.preference.PairLoss.Graded;

/**
 * A loss of two answers, of which the first is preferred; or a part of one. Users may implement it,
 * in a jar or in a single source file; the class needs a constructor without parameters.
 */
public interface PairTerm {
  /**
   * An answer as the model has it.
   *
   * @param sum log-probability of its tokens, nats
   * @param tokens how many
   * @param reference what the reference says of them; NaN without one
   */
  record Scored(double sum, int tokens, double reference) {}

  /** The loss, with its derivatives with respect to both sums. */
  Graded of(Scored chosen, Scored rejected);

  /**
   * What the model is taken to find an answer worth: beta times its log-probability, or times how
   * far that is above the reference's.
   */
  double reward(Scored answer);

  /** Whether answers are held against a reference. */
  boolean hasReference();

  /**
   * A {@link PairLoss}. With a reference it is DPO's kind; without one that of CPO (Xu et al.,
   * "Contrastive Preference Optimization", arXiv 2401.08417) and, of means and with a target, SimPO
   * (Meng et al., "SimPO", arXiv 2405.14734).
   *
   * @param loss of the two numbers
   * @param settings beta and smoothing
   * @param mean whether log-probabilities are divided by their tokens
   * @param hasReference whether the reference's are taken off
   * @param target by how much, in rewards, the chosen answer is to be ahead: SimPO's gamma
   */
  record Margin(
      PairLoss loss, PairSettings settings, boolean mean, boolean hasReference, double target)
      implements PairTerm {
    @Override
    public Graded of(Scored chosen, Scored rejected) {
      Graded g = loss.of(above(chosen) - target / settings.beta(), above(rejected), settings);
      return new Graded(g.loss(), g.byChosen() / count(chosen), g.byRejected() / count(rejected));
    }

    @Override
    public double reward(Scored answer) {
      return settings.beta() * above(answer);
    }

    private double above(Scored a) {
      return (hasReference ? a.sum - a.reference : a.sum) / count(a);
    }

    private double count(Scored a) {
      return mean ? a.tokens : 1;
    }
  }

  /**
   * ORPO's part beside the cross-entropy.
   *
   * @param loss of the means
   */
  record Odds(OddsRatioLoss loss) implements PairTerm {
    @Override
    public Graded of(Scored chosen, Scored rejected) {
      Graded g = loss.of(chosen.sum / chosen.tokens, rejected.sum / rejected.tokens);
      return new Graded(g.loss(), g.byChosen() / chosen.tokens, g.byRejected() / rejected.tokens);
    }

    @Override
    public double reward(Scored answer) {
      return loss.beta() * answer.sum / answer.tokens;
    }

    @Override
    public boolean hasReference() {
      return false;
    }
  }
}
