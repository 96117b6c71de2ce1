import dev.luthier.train.LabelTokens;
import dev.luthier.train.Objective;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * (1 - p^q) / q of each label token's probability p: between cross-entropy, which it tends to as q
 * falls to 0, and the mean absolute error at 1. Tokens that the model finds very unlikely, as wrong
 * labels are, pull less. Zhang and Sabuncu, "Generalized Cross Entropy Loss", arXiv 1805.07836.
 */
public class GeneralizedCrossEntropy implements Objective {
  private static final double Q = 0.3;

  @Override
  public Loss loss(Tensor logProbs, LabelTokens labels) {
    Tensor weights = Tensor.create(labels.weights()).to(logProbs.device(), logProbs.scalar_type());
    Tensor power = logProbs.mul(new Scalar(Q)).exp();
    double sum = weights.mul(power.neg().add(new Scalar(1))).sum().item_double() / Q;
    return new Loss(sum, weights.mul(power).neg());
  }

  /** Each token's loss is its own, so that they may be given a part at a time. */
  @Override
  public boolean isTokenSum() {
    return true;
  }
}
