package dev.luthier.recipe;

import dev.luthier.Complaints;
import dev.luthier.Setting;

/**
 * What a reward model minimises.
 *
 * @param centring how dear scores away from 0 are
 */
public record RewardLossSettings(
    @Setting(
            help = "weight of the squared sum of a pair's scores, which keeps them near 0",
            value = "0.01")
        double centring) {
  /** Checks it. */
  public RewardLossSettings {
    new Complaints()
        .unless(centring >= 0, "loss.centring", centring, "must be 0 or more")
        .throwIfAny();
  }
}
