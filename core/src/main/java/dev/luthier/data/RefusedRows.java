package dev.luthier.data;

import dev.luthier.LuthierException;
import java.util.List;

/** The limit on rows that cannot be used. */
final class RefusedRows {
  /** How many rows a message lists. */
  static final int LISTED = 20;

  private RefusedRows() {}

  /**
   * @param rows number of rows in the files
   * @throws LuthierException more than 1 % of the rows are refused
   */
  static void check(List<Refusal> refused, int rows, String where) {
    if (refused.size() > OverflowRule.TOLERATED * rows) {
      throw new LuthierException(
          refused.size()
              + " of "
              + rows
              + " rows of "
              + where
              + " cannot be used (at most 1 % may be):"
              + list(refused)
              + "\nMend or remove these rows; if the columns have other names, rename them. luthier"
              + " data preview shows how rows are read.");
    }
  }

  static String list(List<Refusal> refused) {
    StringBuilder list = new StringBuilder();
    for (Refusal refusal : refused.subList(0, Math.min(LISTED, refused.size()))) {
      list.append("\n  row ").append(refusal.row()).append(": ").append(refusal.reason());
    }
    if (refused.size() > LISTED) {
      list.append("\n  and ").append(refused.size() - LISTED).append(" more");
    }
    return list.toString();
  }
}
