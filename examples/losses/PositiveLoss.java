import dev.luthier.train.preference.PairLoss.Graded;
import dev.luthier.train.preference.PairTerm;

/**
 * DPO-Positive (Pal et al., "Smaug", arXiv 2402.13228): DPO's loss of a margin that shrinks as soon
 * as the chosen answer becomes less likely than the reference has it. Rejected answers are not
 * learnt at the chosen ones' expense.
 */
public class PositiveLoss implements PairTerm {
  private static final double BETA = 0.1;
  private static final double LAMBDA = 5;

  @Override
  public Graded of(Scored chosen, Scored rejected) {
    double c = chosen.sum() - chosen.reference();
    double r = rejected.sum() - rejected.reference();
    double z = BETA * (c - r - LAMBDA * Math.max(0, -c));
    double slope = -BETA / (1 + Math.exp(z)); // of -log s(z), with respect to z, times beta
    return new Graded(Math.log1p(Math.exp(-z)), slope * (c < 0 ? 1 + LAMBDA : 1), -slope);
  }

  @Override
  public double reward(Scored answer) {
    return BETA * (answer.sum() - answer.reference());
  }

  @Override
  public boolean hasReference() {
    return true;
  }
}
