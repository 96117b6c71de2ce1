package dev.luthier.train;

import dev.luthier.data.Batch;
import org.bytedeco.javacpp.PointerScope;

/** Loss over a set of rows, one batch at a time; nothing but sums is kept. */
public final class Evaluator {
  private final BlockwiseStep step;

  /** Evaluates with the step's model, dropout off. */
  public Evaluator(BlockwiseStep step) {
    this.step = step;
  }

  /**
   * A loss.
   *
   * @param perToken nats per label token
   * @param labelTokens how many
   */
  public record Score(double perToken, long labelTokens) {}

  /** The loss over these batches. */
  public Score score(Iterable<Batch> batches) {
    double sum = 0;
    long count = 0;
    for (Batch batch : batches) {
      if (batch.labelTokens() == 0) {
        continue;
      }
      try (PointerScope scope = new PointerScope()) {
        sum -= step.logProbs(batch).sum().item_double();
        count += batch.labelTokens();
      }
    }
    return new Score(count == 0 ? 0 : sum / count, count);
  }
}
