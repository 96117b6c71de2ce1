package dev.luthier.train;

import dev.luthier.data.Batch;
import dev.luthier.data.TokenSequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a batch that have a label: where each is predicted and what should be predicted
 * there. Label i of a row is predicted at token i - 1, or at token i if the batch says so.
 *
 * @param at (N) index into the B x T hidden states, of the token that predicts the label
 * @param targets (N) token ids
 * @param weights (N) factor of each in the loss
 * @param values (N, C) what the scores there should be, where that is numbers and no id; else null
 * @param answers the documents that they belong to, in order; empty where these stand for
 *     themselves
 */
@SuppressWarnings("ArrayRecordComponent")
public record LabelTokens(
    long[] at,
    long[] targets,
    float[] weights,
    float @Nullable [] values,
    List<AnswerTokens> answers) {
  /**
   * Label tokens of one answer.
   *
   * @param from the first of them, among the N
   * @param to behind the last
   * @param answer what it is
   */
  public record AnswerTokens(int from, int to, Batch.Answer answer) {
    /** How many. */
    public int count() {
      return to - from;
    }
  }

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
    return new LabelTokens(at, targets, weights, batch.form().values(), answers(batch));
  }

  private static List<AnswerTokens> answers(Batch batch) {
    List<Batch.Answer> answers = batch.form().answers();
    List<AnswerTokens> out = new ArrayList<>(answers.size());
    int token = 0;
    for (int i = 0; i < batch.labels().length && !answers.isEmpty(); i++) {
      long document = batch.documents()[i];
      boolean ends = (i + 1) % batch.length() == 0 || batch.documents()[i + 1] != document;
      token += batch.labels()[i] == TokenSequence.IGNORED ? 0 : 1;
      if (document != 0 && ends) {
        int from = out.isEmpty() ? 0 : out.get(out.size() - 1).to();
        out.add(new AnswerTokens(from, token, answers.get(out.size())));
      }
    }
    return out;
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
        values == null ? null : Arrays.copyOfRange(values, from * width, to * width),
        List.of());
  }
}
