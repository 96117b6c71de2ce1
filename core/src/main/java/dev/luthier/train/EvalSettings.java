package dev.luthier.train;

import static java.util.stream.Collectors.joining;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;
import dev.luthier.UsageException;
import java.util.Map;

/**
 * Evaluation while training, on rows that are not trained on.
 *
 * @param everySteps evaluate every so many steps, and at the end; 0 means only at the end
 * @param patience stop after so many evaluations without improvement; 0 means never
 * @param minDelta the metric must improve by more than this to count as improved; of the loss, nats
 *     per token
 * @param maxRows rows evaluated each time; 0 means all
 * @param metric what evaluations are told by: {@code loss}, of which less is better, or one of the
 *     objective's figures, of which more is
 */
public record EvalSettings(
    @Setting(help = "evaluate every N steps; 0 means only at the end", value = "0") int everySteps,
    @Setting(help = "stop after N evaluations without improvement; 0 means never", value = "0")
        int patience,
    @Setting(help = "what eval.metric must improve by to count as improved", value = "0.0")
        double minDelta,
    @Setting(help = "rows evaluated each time; 0 means all", value = "0") int maxRows,
    @Setting(
            help =
                "what the best checkpoint is told by: loss (the lowest), or another figure of the"
                    + " evaluation (the highest)",
            value = "loss")
        String metric) {
  private static final String LOSS = "loss";

  /** Checks everything at once. */
  public EvalSettings {
    new Complaints()
        .unless(everySteps >= 0, "eval.everySteps", everySteps, "must be 0 or more")
        .unless(patience >= 0, "eval.patience", patience, "must be 0 or more")
        .unless(
            patience == 0 || everySteps > 0,
            "eval.patience",
            patience,
            "needs eval.everySteps to be set too")
        .unless(minDelta >= 0, "eval.minDelta", minDelta, "must be 0 or more")
        .unless(maxRows >= 0, "eval.maxRows", maxRows, "must be 0 or more")
        .unless(!metric.isBlank(), "eval.metric", metric, "must be loss, or a figure's name")
        .throwIfAny();
  }

  /**
   * What an evaluation is told by.
   *
   * @throws UsageException if the metric is none of the figures
   */
  double value(double loss, Map<String, Double> figures) {
    if (metric.equals(LOSS)) {
      return loss;
    }
    Double figure = figures.get(metric);
    if (figure == null) {
      throw new UsageException(
          "eval.metric is '"
              + metric
              + "', which this run does not measure; it has loss"
              + figures.keySet().stream().sorted().map(f -> ", " + f).collect(joining()));
    }
    return figure;
  }

  /**
   * Whether a value is better than the best so far.
   *
   * @param best NaN if there is none
   */
  boolean isBetter(double value, double best) {
    return Double.isNaN(best)
        ? !Double.isNaN(value)
        : metric.equals(LOSS) ? value < best - minDelta : value > best + minDelta;
  }

  /** What the best one has, in words. */
  String bestWords() {
    return metric.equals(LOSS) ? "the lowest evaluation loss" : "the highest " + metric;
  }

  /** Returns an evaluation at the end and no early stopping. */
  public static EvalSettings defaults() {
    return SettingDefaults.of(EvalSettings.class);
  }
}
