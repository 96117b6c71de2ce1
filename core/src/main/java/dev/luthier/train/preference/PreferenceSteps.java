package dev.luthier.train.preference;

import dev.luthier.data.Batch;
import dev.luthier.train.Objective;
import dev.luthier.train.StepData;
import dev.luthier.train.StepSource;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Steps over rows of pairs: each answer gets what the reference says of it, and the objective knows
 * the totals of the whole step.
 */
public final class PreferenceSteps implements StepSource {
  private final StepSource rows;
  private final Reference reference;
  private final Function<List<Batch>, Objective> objective;

  /**
   * Steps.
   *
   * @param rows what they are made of; its own objective is not used
   * @param reference what answers are held against
   * @param objective of all batches of a step, whose answers may have no reference yet
   */
  public PreferenceSteps(
      StepSource rows, Reference reference, Function<List<Batch>, Objective> objective) {
    this.rows = rows;
    this.reference = reference;
    this.objective = objective;
  }

  @Override
  public long totalSteps() {
    return rows.totalSteps();
  }

  @Override
  public double epochs(long steps) {
    return rows.epochs(steps);
  }

  @Override
  public Optional<StepData> step(long step, BooleanSupplier interrupted) {
    return rows.step(step, interrupted)
        .map(data -> new StepData(reference.over(data.batches()), of(data)));
  }

  @Override
  public StepData longest(int count) {
    StepData data = rows.longest(count);
    List<Batch> even = data.batches().stream().map(b -> Reference.with(b, i -> 0)).toList();
    return new StepData(even, of(data));
  }

  @Override
  public boolean evaluates() {
    return rows.evaluates();
  }

  @Override
  public boolean evaluatesFirst() {
    return true;
  }

  @Override
  public Optional<StepData> evaluation() {
    return rows.evaluation().map(data -> new StepData(reference.view(data.batches()), of(data)));
  }

  private Objective of(StepData data) {
    return objective.apply(data.batches());
  }
}
