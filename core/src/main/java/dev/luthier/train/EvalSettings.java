package dev.luthier.train;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;

/**
 * Evaluation while training, on rows that are not trained on.
 *
 * @param everySteps evaluate every so many steps, and at the end; 0 means only at the end
 * @param patience stop after so many evaluations without improvement; 0 means never
 * @param minDelta the loss must fall by more than this, in nats per token, to count as improved
 * @param maxRows rows evaluated each time; 0 means all
 */
public record EvalSettings(
    @Setting(help = "evaluate every N steps; 0 means only at the end", value = "0") int everySteps,
    @Setting(help = "stop after N evaluations without improvement; 0 means never", value = "0")
        int patience,
    @Setting(help = "nats per token the loss must fall by to count as improved", value = "0.0")
        double minDelta,
    @Setting(help = "rows evaluated each time; 0 means all", value = "0") int maxRows) {

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
        .throwIfAny();
  }

  /** Returns an evaluation at the end and no early stopping. */
  public static EvalSettings defaults() {
    return SettingDefaults.of(EvalSettings.class);
  }
}
