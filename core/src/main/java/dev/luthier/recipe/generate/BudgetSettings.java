package dev.luthier.recipe.generate;

import dev.luthier.Complaints;
import dev.luthier.Setting;

/**
 * When a run stops. May be changed when it goes on.
 *
 * @param rows kept, at most; 0 for no bound
 * @param tokens no request is sent once those answered have taken so many, read and written; 0 for
 *     no bound
 * @param requests sent, at most; 0 for no bound
 * @param patience requests in a row of which nothing is kept
 */
public record BudgetSettings(
    @Setting(help = "rows to keep; 0 for no bound (--rows)", value = "0") int rows,
    @Setting(help = "tokens read and written; 0 for no bound (--max-tokens)", value = "0")
        long tokens,
    @Setting(help = "requests; 0 for no bound (--max-requests)", value = "0") int requests,
    @Setting(help = "stop after so many requests without a kept row", value = "20") int patience) {

  /** Checks everything at once. */
  public BudgetSettings {
    new Complaints()
        .unless(rows >= 0, "budget.rows", rows, "must be 0 or more")
        .unless(tokens >= 0, "budget.tokens", tokens, "must be 0 or more")
        .unless(requests >= 0, "budget.requests", requests, "must be 0 or more")
        .unless(patience >= 1, "budget.patience", patience, "must be at least 1")
        .throwIfAny();
  }

  /** Whether nothing but patience would end a run. */
  boolean isUnbounded() {
    return rows == 0 && tokens == 0 && requests == 0;
  }
}
