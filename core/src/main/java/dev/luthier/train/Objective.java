package dev.luthier.train;

import org.bytedeco.pytorch.Tensor;

/**
 * What is minimised, as a function of the log-probabilities of the label tokens alone. Logits are
 * never seen: the head computes log-probs chunk by chunk and carries the gradient back the same
 * way.
 */
public interface Objective {
  /**
   * The loss over these tokens.
   *
   * @param logProbs (N) float32, nats
   * @param labels where the tokens stand, and their weights
   * @return the sum of the loss and its gradient with respect to logProbs, both before division by
   *     the step's weight
   */
  Loss loss(Tensor logProbs, LabelTokens labels);

  /**
   * Whether the loss is a sum over tokens, so that any part of a batch can be given alone. The step
   * then runs the head once; otherwise it computes all log-probs first and the head a second time.
   */
  boolean isTokenSum();

  /**
   * A loss and its gradient.
   *
   * @param sum nats
   * @param gradient (N) float32
   */
  record Loss(double sum, Tensor gradient) {}

  /** Cross-entropy: minus the weighted sum of the log-probs. */
  static Objective crossEntropy() {
    return new CrossEntropy();
  }
}
