package dev.luthier.train;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What is minimised, as a function of the log-probabilities of the label tokens alone. Logits are
 * never seen: the head computes log-probs chunk by chunk and carries the gradient back the same
 * way. An objective {@link #ofScores} sees the head's outputs instead, which are few then.
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
  default boolean isTokenSum() {
    return ofScores();
  }

  /**
   * Whether {@link #loss} takes the head's outputs (N, C) themselves, float32, in place of
   * log-probs, and gives a gradient (N, C). It is given all of a micro-batch at once.
   */
  default boolean ofScores() {
    return false;
  }

  /**
   * Whether {@link #loss} takes values as well: (2, N), the label tokens' log-probs and, below
   * them, what a {@link ValueHead} says where each is predicted; the gradient is (2, N) then.
   */
  default boolean isValued() {
    return false;
  }

  /** What the losses of these tokens are divided by: label weights, unless it counts otherwise. */
  default double weight(LabelTokens labels) {
    return labels.weight();
  }

  /**
   * What else was measured, over all calls so far: names as {@code metrics.jsonl} has them. For an
   * objective that is made for one step or one evaluation.
   */
  default Map<String, Double> figures() {
    return Map.of();
  }

  /**
   * A loss and its gradient.
   *
   * @param sum nats
   * @param gradient (N), (N, C) of scores, or (2, N) with values; float32
   */
  record Loss(double sum, Tensor gradient) {}

  /** Cross-entropy: minus the weighted sum of the log-probs. */
  static Objective crossEntropy() {
    return new CrossEntropy();
  }

  /**
   * Of labels that may go together: the mean over the C labels of {@code -(y log s(z) + (1 - y)
   * log(1 - s(z)))}, s being the logistic function, z a score and y its value.
   */
  static Objective binaryCrossEntropy() {
    return new BinaryCrossEntropy();
  }

  /** Of numbers: the mean over the C scores of {@code (z - y)^2}. */
  static Objective squaredError() {
    return new SquaredError();
  }
}
