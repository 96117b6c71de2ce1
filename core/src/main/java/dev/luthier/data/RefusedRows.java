package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.BadRows;
import java.util.ArrayList;
import java.util.List;

/** Counts rows that cannot be used, remembers the first, and says when they are too many. */
public final class RefusedRows {
  /** How many rows a message lists. */
  static final int LISTED = 20;

  private final BadRows rule;
  private final List<Refusal> first = new ArrayList<>();
  private long count;

  /** None so far. */
  public RefusedRows(BadRows rule) {
    this.rule = rule;
  }

  /** One more. */
  public void add(Refusal refusal) {
    if (count++ < LISTED) {
      first.add(refusal);
    }
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
              + list(first, count)
              + "\nMend or remove these rows, name their columns (data.columns.prompt=NAME), or"
              + " change the rule: data.badRows=repair mends what is safe, skip leaves all out."
              + " luthier data check shows all that is wrong.");
    }
  }

  /** The first of them, a line each. */
  static String list(List<Refusal> refused) {
    return list(refused, refused.size());
  }

  private static String list(List<Refusal> refused, long count) {
    StringBuilder list = new StringBuilder();
    refused.stream().limit(LISTED).forEach(one -> list.append("\n  ").append(one.line()));
    return count > LISTED
        ? list.append("\n  and ").append(count - LISTED).append(" more").toString()
        : list.toString();
  }
}
