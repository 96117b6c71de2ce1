package dev.luthier.train;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;

/**
 * When a run saves what it needs to resume, under {@code OUTPUT/checkpoints/step-N}.
 *
 * @param everySteps save every so many steps; 0 means only on Ctrl-C
 * @param keep how many of the newest checkpoints stay
 * @param keepBest whether the result is the checkpoint with the lowest evaluation loss, not the
 *     last
 */
public record CheckpointSettings(
    @Setting(help = "save every N steps; 0 means only when interrupted", value = "100")
        int everySteps,
    @Setting(help = "how many of the newest checkpoints stay", value = "2") int keep,
    @Setting(help = "the result is the best evaluated checkpoint, not the last", value = "true")
        boolean keepBest) {

  /** Checks everything at once. */
  public CheckpointSettings {
    new Complaints()
        .unless(everySteps >= 0, "checkpoint.everySteps", everySteps, "must be 0 or more")
        .unless(keep >= 1, "checkpoint.keep", keep, "must be at least 1")
        .throwIfAny();
  }

  /** Returns a checkpoint every 100 steps, the last two kept. */
  public static CheckpointSettings defaults() {
    return SettingDefaults.of(CheckpointSettings.class);
  }
}
