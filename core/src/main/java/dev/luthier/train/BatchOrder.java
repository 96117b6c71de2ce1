package dev.luthier.train;

import dev.luthier.data.Batch;
import dev.luthier.data.DataOrder;
import java.util.List;

/** The batches of every optimizer step, as a function of the step. */
final class BatchOrder {
  private final TrainingRows rows;
  private final DataOrder order;
  private final long total;
  private long epoch = -1;
  private int[] permutation = {};

  BatchOrder(TrainingRows rows, TrainSettings settings) {
    this.rows = rows;
    this.order =
        new DataOrder(
            rows.size(),
            settings.microBatchSize(),
            settings.gradientAccumulation(),
            settings.seed(),
            settings.shuffle());
    this.total =
        settings.maxSteps() > 0
            ? settings.maxSteps()
            : Math.max(1, (long) Math.ceil(settings.epochs() * order.stepsPerEpoch()));
  }

  long totalSteps() {
    return total;
  }

  /** Passes over the data after this many steps. */
  double epochs(long steps) {
    return (double) steps / order.stepsPerEpoch();
  }

  /** The micro-batches of a step, counted from 0. */
  List<Batch> step(long step) {
    if (order.epochOf(step) != epoch) {
      epoch = order.epochOf(step);
      permutation = order.permutation(epoch);
    }
    return order.step(step, permutation).stream().map(micro -> rows.batch(epoch, micro)).toList();
  }
}
