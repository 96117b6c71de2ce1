package dev.luthier.recipe.generate;

/** Hears how a run gets on. */
@FunctionalInterface
public interface GenerateProgress {
  /** A request was answered and judged; what has been done up to it. */
  void answered(Totals totals);

  /**
   * The writer waits before it sends a request again. Called from several threads.
   *
   * @param why what went wrong, and how long it waits
   */
  default void waiting(String why) {}
}
