package dev.luthier.eval;

import dev.luthier.LuthierException;
import dev.luthier.data.Batch;
import dev.luthier.data.Question;
import dev.luthier.generate.GenerateListener;
import dev.luthier.generate.GenerateRequest;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.Generation;
import dev.luthier.generate.Generator;
import dev.luthier.model.Transformer;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.TrainingRows;
import dev.luthier.train.WeightSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * How well a model gives the answers of a data file.
 *
 * @param loss mean negative log-likelihood of the label tokens, nats per token
 * @param tokenAccuracy share of label tokens that are the model's best choice after the true tokens
 *     before them
 * @param labelTokens how many label tokens
 * @param exactMatch share of answers that match; empty where no question was asked
 * @param answers what the model said, in the order of the questions; without those whose prompt
 *     fills the model's context
 */
public record Evaluation(
    double loss,
    double tokenAccuracy,
    long labelTokens,
    OptionalDouble exactMatch,
    List<Answer> answers) {

  /** Copies the list. */
  public Evaluation {
    answers = List.copyOf(answers);
  }

  /**
   * One answer, generated greedily.
   *
   * @param question what was asked
   * @param generation what the model said
   */
  public record Answer(Question question, Generation generation) {
    /** Whether it is the reference, white space at either end aside. */
    public boolean matches() {
      return generation.text().strip().equals(question.answer().strip());
    }
  }

  /** Which part of the work is done. */
  @FunctionalInterface
  public interface Progress {
    /** Hears nothing. */
    Progress NONE = (what, done, total) -> {};

    /**
     * @param what "loss" or "answers"
     */
    void at(String what, int done, int total);
  }

  /**
   * Evaluates a model.
   *
   * @param batchSize rows per batch
   * @param cancelled asked before each batch and each decoding step
   * @throws LuthierException when it was cancelled
   */
  public static Evaluation of(
      Generator generator,
      EvaluationData data,
      int batchSize,
      Progress progress,
      BooleanSupplier cancelled) {
    double[] score = score(generator.model(), data.rows(), batchSize, progress, cancelled);
    List<Answer> answers = ask(generator, data.questions(), batchSize, progress, cancelled);
    double matches = answers.stream().filter(Answer::matches).count();
    OptionalDouble exact =
        answers.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(matches / answers.size());
    return new Evaluation(
        score[0] / score[2], score[1] / score[2], (long) score[2], exact, answers);
  }

  /** Sums over all label tokens: negative log-likelihood, hits, tokens. */
  private static double[] score(
      Transformer model,
      TrainingRows rows,
      int batchSize,
      Progress progress,
      BooleanSupplier cancelled) {
    BlockwiseStep step = new BlockwiseStep(model, WeightSource.of(model));
    double[] sums = new double[3];
    for (int from = 0; from < rows.size(); from += batchSize) {
      stopIf(cancelled);
      int to = Math.min(rows.size(), from + batchSize);
      Batch batch = rows.batch(IntStream.range(from, to).toArray());
      try (PointerScope scope = new PointerScope()) {
        Tensor scores = step.scores(batch); // (2, N)
        sums[0] -= scores.select(0, 0).sum().item_double();
        sums[1] += scores.select(0, 1).sum().item_double();
        sums[2] += batch.labelTokens();
      }
      progress.at("loss", to, rows.size());
    }
    return sums;
  }

  /**
   * Asks questions and takes the greedy answers. An answer may be twice as long as its reference:
   * one that is longer is wrong already.
   */
  public static List<Answer> ask(
      Generator generator,
      List<Question> questions,
      int batchSize,
      Progress progress,
      BooleanSupplier cancelled) {
    int context = generator.model().shape().maxPositions();
    List<Question> asked = questions.stream().filter(q -> q.prompt().length < context).toList();
    List<GenerateRequest> requests = new ArrayList<>();
    for (Question question : asked) {
      int reference = generator.tokenizer().encodeIds(question.answer(), false).length;
      GenerateSettings settings = GenerateSettings.greedy(2 * reference + 16);
      requests.add(new GenerateRequest(question.prompt(), settings));
    }
    int[] done = {0};
    List<Generation> generations =
        generator.generate(
            requests,
            batchSize,
            new GenerateListener() {
              @Override
              public void token(int request, int id, String text) {
                // Only whole answers are looked at.
              }

              @Override
              public void ended(int request, Generation generation) {
                progress.at("answers", ++done[0], requests.size());
              }
            },
            cancelled);
    stopIf(cancelled);
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      answers.add(new Answer(asked.get(i), generations.get(i)));
    }
    return answers;
  }

  private static void stopIf(BooleanSupplier cancelled) {
    if (cancelled.getAsBoolean()) {
      throw new LuthierException("the evaluation was interrupted; nothing was measured");
    }
  }
}
