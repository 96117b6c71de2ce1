package dev.luthier.data.quality;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * How evenly rows are spread over the values of a column: a label, or a source.
 *
 * @param counts rows by value, the most frequent first, equal ones by name
 * @param rows all rows
 */
public record Imbalance(Map<String, Long> counts, long rows) {
  /** Counts are copied into the order said. */
  public Imbalance {
    Map<String, Long> ordered = new LinkedHashMap<>();
    new TreeMap<>(counts)
        .entrySet().stream()
            .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
            .forEachOrdered(entry -> ordered.put(entry.getKey(), entry.getValue()));
    counts = Collections.unmodifiableMap(ordered);
  }

  /** Returns the spread over counted values; values counted 0 are left out. */
  public static Imbalance of(Map<String, Long> counts) {
    Map<String, Long> positive = new TreeMap<>(counts);
    positive.values().removeIf(count -> count <= 0);
    return new Imbalance(positive, positive.values().stream().mapToLong(Long::longValue).sum());
  }

  /** Returns the share of the most frequent value, 0 to 1: the accuracy of always answering it. */
  public double majority() {
    return rows == 0 ? 0 : (double) counts.values().iterator().next() / rows;
  }

  /**
   * Returns the effective number of values, exp(H) with the entropy H in nats (Hill 1973, order 1):
   * 4 for four equally frequent ones, close to 1 where one has nearly all rows.
   */
  public double effective() {
    double entropy = 0;
    for (long count : counts.values()) {
      double share = (double) count / rows;
      entropy -= share * Math.log(share);
    }
    return Math.exp(entropy);
  }

  /** Returns the values with fewer rows than that, the most frequent first. */
  public List<String> rare(long fewest) {
    List<String> rare = new ArrayList<>();
    counts.forEach(
        (value, count) -> {
          if (count < fewest) {
            rare.add(value);
          }
        });
    return rare;
  }

  /**
   * Says what is worth a finding: one value with more than the given share, or values with fewer
   * rows than given. A column with a single value, or whose values hardly ever come twice (names,
   * numbers, free text), is no label and has no finding.
   *
   * @param column its name
   * @param most largest share of one value, 0 to 1
   * @param fewest rows that a value needs
   */
  public List<String> findings(String column, double most, long fewest) {
    if (counts.size() < 2 || 2L * counts.size() > rows) {
      return List.of();
    }
    List<String> findings = new ArrayList<>();
    Map.Entry<String, Long> first = counts.entrySet().iterator().next();
    if (majority() > most) {
      findings.add(
          String.format(
              Locale.ROOT,
              "%s: %.0f %% of %d rows are \"%s\"; the %d values count as %.1f equally frequent ones",
              column,
              100 * majority(),
              rows,
              first.getKey(),
              counts.size(),
              effective()));
    }
    List<String> rare = rare(fewest);
    if (!rare.isEmpty()) {
      String shown =
          String.join(
              ", ",
              rare.subList(0, Math.min(5, rare.size())).stream()
                  .map(value -> "\"" + value + "\" (" + counts.get(value) + ")")
                  .toList());
      findings.add(
          column
              + ": "
              + rare.size()
              + " of "
              + counts.size()
              + (rare.size() == 1 ? " values has" : " values have")
              + " fewer than "
              + fewest
              + " rows: "
              + shown
              + (rare.size() > 5 ? ", ..." : ""));
    }
    return findings;
  }
}
