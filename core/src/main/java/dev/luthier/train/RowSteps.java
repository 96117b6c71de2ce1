package dev.luthier.train;

import java.util.Collections;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Steps over rows that are there from the start, under an objective that never changes. */
final class RowSteps implements StepSource {
  private final TrainingRows data;
  private final Optional<TrainingRows> evaluation;
  private final Objective objective;
  private final TrainSettings settings;
  private final EvalSettings eval;
  private final BatchOrder order;

  RowSteps(
      TrainingRows data,
      Optional<TrainingRows> evaluation,
      Objective objective,
      TrainSettings settings,
      EvalSettings eval) {
    this.data = data;
    this.evaluation = evaluation;
    this.objective = objective;
    this.settings = settings;
    this.eval = eval;
    this.order = new BatchOrder(data, settings);
  }

  @Override
  public long totalSteps() {
    return order.totalSteps();
  }

  @Override
  public double epochs(long steps) {
    return order.epochs(steps);
  }

  @Override
  public Optional<StepData> step(long step, BooleanSupplier interrupted) {
    return Optional.of(new StepData(order.step(step), objective));
  }

  @Override
  public StepData longest(int count) {
    return new StepData(
        Collections.nCopies(count, data.longest(settings.microBatchSize())), objective);
  }

  @Override
  public boolean evaluates() {
    return evaluation.isPresent();
  }

  @Override
  public Optional<StepData> evaluation() {
    return evaluation.map(
        rows -> new StepData(rows.batches(settings.microBatchSize(), eval.maxRows()), objective));
  }
}
