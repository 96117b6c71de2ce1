package dev.luthier.train.preference;

import dev.luthier.train.StepData;
import dev.luthier.train.StepSource;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Steps of a policy that begins as its reference: the first one checks that they say the same.
 *
 * @param steps of any kind
 * @param share see {@link Agreement}
 */
public record AgreeingSteps(StepSource steps, double share) implements StepSource {
  @Override
  public long totalSteps() {
    return steps.totalSteps();
  }

  @Override
  public double epochs(long after) {
    return steps.epochs(after);
  }

  @Override
  public Optional<StepData> step(long step, BooleanSupplier interrupted) {
    Optional<StepData> data = steps.step(step, interrupted);
    return step > 0
        ? data
        : data.map(d -> new StepData(d.batches(), new Agreement(d.objective(), share)));
  }

  @Override
  public StepData longest(int count) {
    return steps.longest(count);
  }

  @Override
  public boolean evaluates() {
    return steps.evaluates();
  }

  @Override
  public boolean evaluatesFirst() {
    return steps.evaluatesFirst();
  }

  @Override
  public Optional<StepData> evaluation() {
    return steps.evaluation();
  }
}
