package dev.luthier.train.preference;

import dev.luthier.data.Batch;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.StepData;
import dev.luthier.train.StepSource;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Steps over rows of answers that are wanted or not. The divergence that a step's answers are held
 * against is measured first, over all its micro-batches.
 */
public final class UnpairedSteps implements StepSource {
  private final StepSource answers;
  private final StepSource mismatched;
  private final BlockwiseStep policy;
  private final Reference reference;
  private final UnpairedLoss loss;

  /**
   * Steps.
   *
   * @param answers the rows; its objective is not used
   * @param mismatched the same rows as {@link Mismatched} has them, under the same settings
   */
  public UnpairedSteps(
      StepSource answers,
      StepSource mismatched,
      BlockwiseStep policy,
      Reference reference,
      UnpairedLoss loss) {
    this.answers = answers;
    this.mismatched = mismatched;
    this.policy = policy;
    this.reference = reference;
    this.loss = loss;
  }

  @Override
  public long totalSteps() {
    return answers.totalSteps();
  }

  @Override
  public double epochs(long steps) {
    return answers.epochs(steps);
  }

  @Override
  public Optional<StepData> step(long step, BooleanSupplier interrupted) {
    Optional<StepData> others = mismatched.step(step, interrupted);
    return answers.step(step, interrupted).map(data -> of(data, others.orElseThrow().batches()));
  }

  @Override
  public StepData longest(int count) {
    List<Batch> even =
        answers.longest(count).batches().stream().map(b -> Reference.with(b, i -> 0)).toList();
    return new StepData(even, new UnpairedObjective(loss, 0));
  }

  @Override
  public boolean evaluates() {
    return answers.evaluates();
  }

  @Override
  public boolean evaluatesFirst() {
    return true;
  }

  @Override
  public Optional<StepData> evaluation() {
    return answers
        .evaluation()
        .map(
            data -> {
              List<Batch> others = reference.view(mismatched.evaluation().orElseThrow().batches());
              double divergence = Divergence.of(policy, others);
              return new StepData(
                  reference.view(data.batches()), new UnpairedObjective(loss, divergence));
            });
  }

  private StepData of(StepData data, List<Batch> others) {
    double divergence = Divergence.of(policy, reference.over(others));
    return new StepData(reference.over(data.batches()), new UnpairedObjective(loss, divergence));
  }
}
