package dev.luthier.optim;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;

/**
 * What only Adafactor has, with transformers' names. The defaults leave the learning rate to {@code
 * train.learningRate} and its schedule, as its Trainer has it.
 *
 * @param scaleParameter whether the step size is relative to the parameter's root mean square
 * @param relativeStep whether the step size is min(0.01, 1 / sqrt(step)) instead of the learning
 *     rate
 * @param warmupInit whether a relative step size starts at 1e-6 * step instead of 0.01
 * @param clipThreshold the largest root mean square of an update before the step size
 * @param decayRate the running mean's decay rate is 1 - step^decayRate
 */
public record AdafactorSettings(
    @Setting(help = "steps relative to each parameter's root mean square", value = "false")
        boolean scaleParameter,
    @Setting(help = "step size min(0.01, 1 / sqrt(step)), not train.learningRate", value = "false")
        boolean relativeStep,
    @Setting(help = "a relative step size starts at 1e-6 * step", value = "false")
        boolean warmupInit,
    @Setting(help = "largest root mean square of an update", value = "1.0") double clipThreshold,
    @Setting(help = "squares decay at 1 - step^decayRate", value = "-0.8") double decayRate) {

  /** Checks everything at once. */
  public AdafactorSettings {
    new Complaints()
        .unless(
            clipThreshold > 0, "train.adafactor.clipThreshold", clipThreshold, "must be positive")
        .unless(
            decayRate < 0 && decayRate >= -1,
            "train.adafactor.decayRate",
            decayRate,
            "must be from -1 to below 0")
        .unless(
            relativeStep || !warmupInit,
            "train.adafactor.warmupInit",
            warmupInit,
            "needs train.adafactor.relativeStep=true")
        .throwIfAny();
  }

  /** Returns the learning rate as given, clipping at 1. */
  public static AdafactorSettings defaults() {
    return SettingDefaults.of(AdafactorSettings.class);
  }
}
