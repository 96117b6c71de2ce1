package dev.luthier.recipe.generate;

import java.util.Locale;

/** Why a run stopped. */
public enum End {
  /** So many rows as were asked for. */
  ROWS,
  /** The tokens are spent. */
  TOKENS,
  /** The requests are spent. */
  REQUESTS,
  /** Nothing was kept for too long. */
  PATIENCE,
  /** Everything was asked about. */
  SOURCES,
  /** Ctrl-C. */
  INTERRUPTED;

  /** What ended it and what would let it go on. */
  public String words(DataGenerateSettings s) {
    BudgetSettings budget = s.budget();
    return switch (this) {
      case ROWS -> "all " + budget.rows() + " rows are there; a higher --rows goes on";
      case TOKENS -> "--max-tokens " + budget.tokens() + " is spent; a higher one goes on";
      case REQUESTS -> "--max-requests " + budget.requests() + " is spent; a higher one goes on";
      case PATIENCE ->
          budget.patience()
              + " requests in a row gave nothing to keep; a higher budget.patience goes on";
      case SOURCES ->
          "all "
              + (s.task() == DataGenerateSettings.Task.QA ? "chunks" : "seeds")
              + " were asked about, ask.passes="
              + s.ask().passes();
      case INTERRUPTED -> "interrupted; the same command goes on";
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
