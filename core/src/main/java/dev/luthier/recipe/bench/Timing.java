package dev.luthier.recipe.bench;

import dev.luthier.measure.StepTimer;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * How long a way of training takes.
 *
 * @param tokens of one step
 * @param steps each timed step
 * @param peakBytes the most resident memory of the process meanwhile; for the first way that is
 *     timed, loading the model included
 */
public record Timing(long tokens, List<StepTimer.Step> steps, long peakBytes) {
  /** The median step, in seconds. */
  public double stepSeconds() {
    return median(StepTimer.Step::seconds);
  }

  /** The median of the seconds that all threads together ran in a step. */
  public double processorSeconds() {
    return median(StepTimer.Step::processorSeconds);
  }

  /** The median of the bytes that a step had from the disk. */
  public long diskBytes() {
    return (long) median(StepTimer.Step::diskBytes);
  }

  /** Tokens that go through the model per second. */
  public double tokensPerSecond() {
    return tokens / stepSeconds();
  }

  private double median(ToDoubleFunction<StepTimer.Step> of) {
    double[] sorted = steps.stream().mapToDouble(of).sorted().toArray();
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
