package dev.luthier.recipe.generate;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What has been done so far, by earlier runs too.
 *
 * @param requests answered
 * @param rows kept
 * @param refused refusals by reason
 * @param promptTokens read by the writer
 * @param completionTokens written by it
 */
public record Totals(
    int requests,
    int rows,
    Map<String, Integer> refused,
    long promptTokens,
    long completionTokens) {
  /** Nothing yet. */
  static final Totals NONE = new Totals(0, 0, Map.of(), 0, 0);

  /** Sorts the reasons. */
  public Totals {
    refused = Collections.unmodifiableMap(new TreeMap<>(refused));
  }

  /** Tokens read and written. */
  public long tokens() {
    return promptTokens + completionTokens;
  }

  /** Refusals of all kinds. */
  public int allRefused() {
    return refused.values().stream().mapToInt(i -> i).sum();
  }

  /** With one more request. */
  Totals plus(Journal.Outcome outcome) {
    Map<String, Integer> counts = new TreeMap<>(refused);
    outcome.refused().forEach((reason, n) -> counts.merge(reason, n, Integer::sum));
    return new Totals(
        requests + 1,
        rows + outcome.kept().size(),
        counts,
        promptTokens + outcome.promptTokens(),
        completionTokens + outcome.completionTokens());
  }
}
