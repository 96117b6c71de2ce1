import dev.luthier.train.policy.PolicyLoss;
import dev.luthier.train.policy.PolicySettings;

/**
 * Simple policy optimization (Xie et al., arXiv 2401.16025): in place of a clip, a parabola that
 * pulls each ratio back, so that no token's gradient is cut to nothing.
 */
public class SimplePolicyLoss implements PolicyLoss {
  @Override
  public Graded of(Tokens answer, PolicySettings settings) {
    double[] gradient = new double[answer.count()];
    double sum = 0;
    for (int t = 0; t < gradient.length; t++) {
      double ratio = answer.ratio(t);
      double advantage = answer.advantages()[t];
      double pull = Math.abs(advantage) / settings.clipHigh();
      sum -= ratio * advantage - pull / 2 * (ratio - 1) * (ratio - 1);
      gradient[t] = -ratio * (advantage - pull * (ratio - 1));
    }
    return new Graded(sum, gradient);
  }
}
