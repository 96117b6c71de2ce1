package dev.luthier.train;

import dev.luthier.data.Batch;
import java.util.List;

/**
 * What one step learns from, or an evaluation is made of.
 *
 * @param batches micro-batches; may be a view that makes each when it is asked for
 * @param objective what is minimised over all of them together
 */
public record StepData(List<Batch> batches, Objective objective) {
  /** What the sum of the losses is divided by. */
  public double weight() {
    return batches.stream().mapToDouble(b -> objective.weight(LabelTokens.of(b))).sum();
  }
}
