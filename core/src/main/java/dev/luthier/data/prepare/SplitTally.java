package dev.luthier.data.prepare;

import dev.luthier.data.prepared.SplitFacts;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What encoding found out about the rows of one split, added up. */
final class SplitTally {
  private final Map<Integer, Integer> rowsByBos = new TreeMap<>();
  private final Set<Integer> turnEnds = new TreeSet<>();
  private long trained;
  private long unknown;
  private long straddling;
  private long lost;
  private int withoutStop;
  private int drops;
  private int tooLong;

  void add(Encoded row) {
    Encoded.Facts facts = row.facts();
    tooLong += facts.tooLong() ? 1 : 0;
    lost += facts.lost();
    if (!row.refused().isEmpty()) {
      return;
    }
    rowsByBos.merge(facts.bos(), 1, Integer::sum);
    turnEnds.addAll(facts.turnEnds());
    trained += facts.trained();
    unknown += facts.unknown();
    straddling += facts.straddling();
    withoutStop += facts.noStop() ? 1 : 0;
    drops += facts.drops() ? 1 : 0;
  }

  SplitFacts facts() {
    return SplitFacts.of(
        trained == 0 ? 0 : (double) unknown / trained,
        straddling,
        withoutStop,
        drops,
        rowsByBos,
        turnEnds,
        tooLong,
        lost);
  }
}
