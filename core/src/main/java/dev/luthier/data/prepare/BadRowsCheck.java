package dev.luthier.data.prepare;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.BadRows;
import dev.luthier.data.OverflowRule;

/**
 * Counts rows that cannot be used, remembers the first of them, and says when they are too many.
 */
final class BadRowsCheck {
  private static final int LISTED = 20;

  private final BadRows rule;
  private final StringBuilder list = new StringBuilder();
  private long bad;

  BadRowsCheck(BadRows rule) {
    this.rule = rule;
  }

  void add(String file, int row, String reason) {
    if (bad++ < LISTED) {
      list.append("\n  ").append(file).append(" row ").append(row).append(": ").append(reason);
    }
  }

  /**
   * @param all rows of all files
   * @throws LuthierException more are bad than the rule allows
   */
  void check(long all) {
    double most =
        switch (rule) {
          case ERROR -> OverflowRule.TOLERATED * all;
          case STRICT -> 0;
          case SKIP, REPAIR -> all;
        };
    if (bad > most) {
      throw new LuthierException(
          bad
              + " of "
              + all
              + " rows cannot be used (data.badRows="
              + rule
              + (rule == BadRows.STRICT ? "" : ": at most 1 % may be")
              + "):"
              + list
              + (bad > LISTED ? "\n  and " + (bad - LISTED) + " more" : "")
              + "\nMend them, or say data.badRows=repair or data.badRows=skip.");
    }
  }
}
