package dev.luthier.train.preference;

import dev.luthier.data.Batch;
import dev.luthier.train.BlockwiseStep;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/** What KTO holds answers against, measured on answers that belong to other prompts. */
final class Divergence {
  private Divergence() {}

  /**
   * Of a whole step.
   *
   * @param mismatched answers behind prompts that they do not answer, with their references
   */
  static double of(BlockwiseStep policy, List<Batch> mismatched) {
    List<Double> above = new ArrayList<>();
    for (Batch batch : mismatched) {
      double[] sums = Reference.sums(policy, batch);
      for (int i = 0; i < sums.length; i++) {
        above.add(sums[i] - batch.form().answers().get(i).reference());
      }
    }
    return UnpairedLoss.divergence(above.stream().flatMapToDouble(DoubleStream::of).toArray());
  }
}
