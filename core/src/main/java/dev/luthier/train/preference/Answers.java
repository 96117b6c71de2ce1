package dev.luthier.train.preference;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.LabelTokens;
import dev.luthier.train.LabelTokens.AnswerTokens;
import dev.luthier.train.Objective;
import dev.luthier.train.preference.PairTerm.Scored;
import org.bytedeco.pytorch.Tensor;

/**
 * The label tokens of a batch of answers with their log-probabilities, and the gradient that is
 * made of them. A token of weight 0 belongs to a prompt: it is none of its answer's.
 */
final class Answers {
  private final LabelTokens labels;
  private final Device device;
  private final float[] logProbs;
  private final float[] gradient;

  /**
   * @param given (N) float32, nats
   */
  Answers(Tensor given, LabelTokens labels) {
    this.labels = labels;
    this.device = Device.of(given);
    this.logProbs = Tensors.toFloats(given);
    this.gradient = new float[logProbs.length];
  }

  int count() {
    return labels.answers().size();
  }

  AnswerTokens get(int index) {
    return labels.answers().get(index);
  }

  Scored scored(int index) {
    AnswerTokens a = get(index);
    double sum = 0;
    int tokens = 0;
    for (int i = a.from(); i < a.to(); i++) {
      if (labels.weights()[i] > 0) {
        sum += logProbs[i];
        tokens++;
      }
    }
    return new Scored(sum, tokens, a.answer().reference());
  }

  /** The cross-entropy of all label tokens of an answer, those of its prompt too. */
  double crossEntropy(int index) {
    double sum = 0;
    for (int i = get(index).from(); i < get(index).to(); i++) {
      sum -= logProbs[i];
    }
    return sum;
  }

  /**
   * Adds to the gradient of an answer's tokens.
   *
   * @param prompt whether to that of its prompt's, too
   */
  void add(int index, double slope, boolean prompt) {
    for (int i = get(index).from(); i < get(index).to(); i++) {
      if (prompt || labels.weights()[i] > 0) {
        gradient[i] += (float) slope;
      }
    }
  }

  Objective.Loss loss(double sum) {
    return new Objective.Loss(sum, Tensors.floats(gradient, device, gradient.length));
  }
}
