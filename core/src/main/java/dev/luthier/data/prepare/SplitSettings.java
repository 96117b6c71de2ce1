package dev.luthier.data.prepare;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;
import java.util.Optional;

/**
 * Which rows are held out. Near-duplicates always stay together.
 *
 * @param eval share of the rows, or, from 1 on, how many
 * @param test the same
 * @param stratify a column of which each value gives the same share
 * @param group a column whose rows of one value stay together
 */
public record SplitSettings(
    @Setting(help = "evaluation rows: a share below 1, or how many", value = "0") double eval,
    @Setting(help = "test rows: a share below 1, or how many", value = "0") double test,
    @Setting(help = "column of which each value gives the same share") Optional<String> stratify,
    @Setting(help = "column whose rows of one value stay together") Optional<String> group) {
  /** Checks everything at once. */
  public SplitSettings {
    new Complaints()
        .unless(eval >= 0, "split.eval", eval, "must not be negative")
        .unless(test >= 0, "split.test", test, "must not be negative")
        .unless(
            eval < 1 || eval == Math.rint(eval),
            "split.eval",
            eval,
            "must be a share below 1 or a whole number of rows")
        .unless(
            test < 1 || test == Math.rint(test),
            "split.test",
            test,
            "must be a share below 1 or a whole number of rows")
        .unless(
            eval >= 1 || test >= 1 || eval + test < 1,
            "split.eval + split.test",
            eval + test,
            "must be below 1")
        .throwIfAny();
  }

  /** Everything is trained on. */
  public static SplitSettings defaults() {
    return SettingDefaults.of(SplitSettings.class);
  }
}
