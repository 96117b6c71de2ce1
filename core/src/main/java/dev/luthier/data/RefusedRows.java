package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.BadRows;
import java.util.List;

/** Counts rows that cannot be used, remembers the first, and says when they are too many. */
public final class RefusedRows {
  /** How many rows a message lists. */
  static final int LISTED = 20;

  private final BadRows rule;
  private final RowLines lines = new RowLines(LISTED);
  private long count;

  /** None so far. */
  public RefusedRows(BadRows rule) {
    this.rule = rule;
  }

  /** One more. */
  public void add(Refusal refusal) {
    count++;
    lines.add(refusal.file(), refusal.row(), refusal.words());
  }

  /**
   * @param rows all rows that were read
   * @throws LuthierException more are refused than the rule allows
   */
  public void check(long rows) {
    double most =
        switch (rule) {
          case ERROR -> OverflowRule.TOLERATED * rows;
          case STRICT -> 0;
          case SKIP, REPAIR -> rows;
        };
    if (count > most) {
      throw new LuthierException(
          count
              + " of "
              + rows
              + " rows cannot be used (data.badRows="
              + rule
              + (rule == BadRows.STRICT ? "" : ": at most 1 % may be")
              + "):"
              + lines.indented(2)
              + "\nMend or remove these rows, name their columns (data.columns.prompt=NAME), or"
              + " change the rule: data.badRows=repair mends what is safe, skip leaves all out."
              + " luthier data check shows all that is wrong.");
    }
  }

  /** The first of them, a line for each reason. */
  static String list(List<Refusal> refused) {
    RowLines lines = new RowLines(LISTED);
    refused.forEach(one -> lines.add(one.file(), one.row(), one.words()));
    return lines.indented(2);
  }
}
