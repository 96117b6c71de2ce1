package dev.luthier.recipe.bench;

import dev.luthier.measure.StepFlops;
import dev.luthier.train.MemoryPlan;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What was measured.
 *
 * @param settings of the measurement
 * @param trainable numbers that are trained
 * @param flops the arithmetic of one step
 * @param plan what our step was to take in memory, reckoned before the model was loaded
 * @param matrixPeak the best of this machine's matrix products, FLOP/s
 * @param diskSpeed bytes per second that the disk gives of the weights, if they stay there
 * @param step our step
 * @param baseline the ordinary way on the same weights, if it was asked for
 */
public record StepBenchResult(
    StepBenchSettings settings,
    long trainable,
    StepFlops flops,
    MemoryPlan plan,
    double matrixPeak,
    OptionalDouble diskSpeed,
    Timing step,
    Optional<Timing> baseline) {

  /** The step's arithmetic per second over that of the best product. */
  public double ratio() {
    return flops.total() / step.stepSeconds() / matrixPeak;
  }

  /** How many times as fast as the baseline our step is. */
  public Optional<Double> factor() {
    return baseline.map(b -> b.stepSeconds() / step.stepSeconds());
  }
}
