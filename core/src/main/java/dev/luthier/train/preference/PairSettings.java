package dev.luthier.train.preference;

import dev.luthier.Complaints;

/**
 * What losses of pairs are set by.
 *
 * @param beta how dear it is to leave the reference; above 0
 * @param smoothing the share of labels that are taken to be wrong, from 0 to below a half
 */
public record PairSettings(double beta, double smoothing) {
  /** Checks both. */
  public PairSettings {
    new Complaints()
        .unless(beta > 0 && beta < Double.POSITIVE_INFINITY, "beta", beta, "must be above 0")
        .unless(
            smoothing >= 0 && smoothing < 0.5,
            "label smoothing",
            smoothing,
            "must be at least 0 and below 0.5")
        .throwIfAny();
  }
}
