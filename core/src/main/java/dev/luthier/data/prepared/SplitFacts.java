package dev.luthier.data.prepared;

import dev.luthier.data.DataReport;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What encoding found out about a split's rows and cannot be read off its tokens; see {@link
 * DataReport}.
 *
 * @param unknownShare share of the rows' trained tokens that are the tokenizer's "unknown"
 * @param straddlingTokens tokens that reach into a trained span from before it
 * @param rowsWithoutStop rows whose last trained token ends neither a turn nor the text
 * @param templateDrops rows of which the chat template leaves messages, tool calls or tools out
 * @param rowsByBos how many rows begin with 0, 1, ... BOS tokens
 * @param turnEnds ids of the single tokens that close assistant turns
 * @param longRows rows that were longer than the maximum length
 * @param lostTrainedTokens trained tokens that were cut off or left out with them
 */
public record SplitFacts(
    double unknownShare,
    long straddlingTokens,
    int rowsWithoutStop,
    int templateDrops,
    SortedMap<Integer, Integer> rowsByBos,
    SortedSet<Integer> turnEnds,
    int longRows,
    long lostTrainedTokens) {
  /** Copies the collections. */
  public SplitFacts {
    rowsByBos = Collections.unmodifiableSortedMap(new TreeMap<>(rowsByBos));
    turnEnds = Collections.unmodifiableSortedSet(new TreeSet<>(turnEnds));
  }

  /** The same from collections in any order. */
  public static SplitFacts of(
      double unknownShare,
      long straddlingTokens,
      int rowsWithoutStop,
      int templateDrops,
      Map<Integer, Integer> rowsByBos,
      Set<Integer> turnEnds,
      int longRows,
      long lostTrainedTokens) {
    return new SplitFacts(
        unknownShare,
        straddlingTokens,
        rowsWithoutStop,
        templateDrops,
        new TreeMap<>(rowsByBos),
        new TreeSet<>(turnEnds),
        longRows,
        lostTrainedTokens);
  }

  /** What a report says. */
  public static SplitFacts of(DataReport report) {
    return of(
        report.unknownShare(),
        report.straddlingTokens(),
        report.rowsWithoutStop(),
        report.templateDrops(),
        report.rowsByBos(),
        report.turnEnds(),
        report.overflow().rows(),
        report.overflow().lostTrainedTokens());
  }
}
