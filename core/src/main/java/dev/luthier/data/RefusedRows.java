package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.BadRows;
import java.util.List;

/** The limit on rows that cannot be used. */
final class RefusedRows {
  /** How many rows a message lists. */
  static final int LISTED = 20;

  private RefusedRows() {}

  /**
   * @param rows number of rows in the files
   * @param badRows how many may be refused
   * @throws LuthierException more are
   */
  static void check(List<Refusal> refused, int rows, String where, BadRows badRows) {
    double most =
        switch (badRows) {
          case ERROR -> OverflowRule.TOLERATED * rows;
          case STRICT -> 0;
          case SKIP, REPAIR -> rows;
        };
    if (refused.size() > most) {
      throw new LuthierException(
          refused.size()
              + " of "
              + rows
              + " rows of "
              + where
              + " cannot be used ("
              + (badRows == BadRows.STRICT ? "data.badRows=strict" : "at most 1 % may be")
              + "):"
              + list(refused)
              + "\nMend or remove these rows, name their columns (data.columns.prompt=NAME), or leave"
              + " them out: data.badRows=skip. luthier data check shows all that is wrong.");
    }
  }

  static String list(List<Refusal> refused) {
    StringBuilder list = new StringBuilder();
    for (Refusal refusal : refused.subList(0, Math.min(LISTED, refused.size()))) {
      list.append("\n  row ").append(refusal.row()).append(": ").append(refusal.words());
    }
    if (refused.size() > LISTED) {
      list.append("\n  and ").append(refused.size() - LISTED).append(" more");
    }
    return list.toString();
  }
}
