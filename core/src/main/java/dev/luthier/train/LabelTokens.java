package dev.luthier.train;

import dev.luthier.data.Batch;
import dev.luthier.data.TokenSequence;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a batch that have a label: where each is predicted and what should be predicted
 * there. Label i of a row is predicted at token i - 1, or at token i if the batch says so.
 *
 * @param at (N) index into the B x T hidden states, of the token that predicts the label
 * @param targets (N) token ids
 * @param weights (N) factor of each in the loss
 * @param values (N, C) what the scores there should be, where that is numbers and no id; else null
 */
@SuppressWarnings("ArrayRecordComponent")
public record LabelTokens(long[] at, long[] targets, float[] weights, float @Nullable [] values) {
  /** Those of a batch, in row-major order. */
  public static LabelTokens of(Batch batch) {
    int n = batch.labelTokens();
    long[] at = new long[n];
    long[] targets = new long[n];
    float[] weights = new float[n];
    int next = 0;
    for (int i = 0; i < batch.labels().length; i++) {
      if (batch.labels()[i] != TokenSequence.IGNORED) {
        at[next] = batch.form().inPlace() ? i : i - 1L;
        targets[next] = batch.labels()[i];
        weights[next++] = batch.weights()[i];
      }
    }
    return new LabelTokens(at, targets, weights, batch.form().values());
  }

  /** N. */
  public int count() {
    return at.length;
  }

  /** The sum of the weights: what the loss is divided by. */
  public double weight() {
    double sum = 0;
    for (float w : weights) {
      sum += w;
    }
    return sum;
  }

  LabelTokens slice(int from, int to) {
    int width = values == null || at.length == 0 ? 0 : values.length / at.length;
    return new LabelTokens(
        Arrays.copyOfRange(at, from, to),
        Arrays.copyOfRange(targets, from, to),
        Arrays.copyOfRange(weights, from, to),
        values == null ? null : Arrays.copyOfRange(values, from * width, to * width));
  }
}
