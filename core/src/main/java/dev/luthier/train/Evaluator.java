package dev.luthier.train;

import dev.luthier.data.Batch;
import org.bytedeco.javacpp.PointerScope;

/** Loss over a set of rows, one batch at a time; nothing but sums is kept. */
public final class Evaluator {
  private final BlockwiseStep step;
  private final Objective objective;

  /** Evaluates with the step's model, dropout off. */
  public Evaluator(BlockwiseStep step) {
    this(step, Objective.crossEntropy());
  }

  /** The same of another loss. */
  public Evaluator(BlockwiseStep step, Objective objective) {
    this.step = step;
    this.objective = objective;
  }

  /**
   * A loss.
   *
   * @param perToken the loss over the labels' weights: nats per label token
   * @param labelTokens how many
   */
  public record Score(double perToken, long labelTokens) {}

  /** The loss over these batches. */
  public Score score(Iterable<Batch> batches) {
    double sum = 0;
    double weight = 0;
    long count = 0;
    for (Batch batch : batches) {
      if (batch.labelTokens() == 0) {
        continue;
      }
      try (PointerScope scope = new PointerScope()) {
        sum += step.loss(batch, objective);
        weight += objective.weight(LabelTokens.of(batch));
        count += batch.labelTokens();
      }
    }
    return new Score(count == 0 ? 0 : sum / weight, count);
  }
}
