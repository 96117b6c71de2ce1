package dev.luthier.data.duplicates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.duplicates.PlantedTexts.Text;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Planted near-duplicates are found, and nothing else. A positive is a pair of rows whose shingles,
 * as strings, have a Jaccard similarity of 0.8 or more.
 *
 * <ul>
 *   <li><i>Recall</i>: of the positives, the share whose rows are in one cluster; <i>edge</i>: the
 *       same of those below 0.82.
 *   <li><i>Resolved</i>: of the positives, the share of which not both rows stay.
 *   <li><i>Precision</i>: of the rows that do not stay, the share whose similarity to the row that
 *       stays for them is 0.8 or more.
 *   <li><i>Within clusters</i>: of all pairs in one cluster, the share that are positives; pairs
 *       joined only through others count as errors here.
 * </ul>
 */
class NearDuplicatesTest {
  private static final double NEAR = 0.8;

  @TempDir private Path scratch = Path.of("");

  private record Outcome(
      int positives,
      double recall,
      double edge,
      double resolved,
      double precision,
      double within) {}

  private Clusters clusters(List<String> texts) {
    try (DuplicateFinder finder = DuplicateFinder.open(DuplicateSettings.defaults(), scratch)) {
      texts.forEach(finder::add);
      return finder.cluster((done, total) -> {}, () -> false);
    }
  }

  private Outcome outcome(List<Text> rows, Function<List<Text>, Stream<Pair>> candidates) {
    List<String> texts = rows.stream().map(Text::text).toList();
    Similarities similarities = new Similarities(texts, DuplicateSettings.defaults().shingle());
    Clusters found = clusters(texts);
    Predicate<Pair> similar = p -> similarities.atLeast(NEAR, p.a, p.b);
    Predicate<Pair> together = p -> found.cluster(p.a) == found.cluster(p.b);
    List<Pair> positives = candidates.apply(rows).filter(similar).toList();
    List<Pair> edge =
        positives.stream().filter(p -> !similarities.atLeast(NEAR + 0.02, p.a, p.b)).toList();
    List<Pair> gone =
        IntStream.range(0, rows.size())
            .filter(row -> !found.stays(row))
            .mapToObj(row -> new Pair(row, found.original(row)))
            .toList();
    Stream<Pair> joined = grouped(rows.size(), found::cluster);
    return new Outcome(
        positives.size(),
        share(positives, together),
        share(edge, together),
        share(positives, p -> !(found.stays(p.a) && found.stays(p.b))),
        share(gone, similar),
        share(joined.toList(), similar));
  }

  private record Pair(int a, int b) {}

  private static double share(List<Pair> of, Predicate<Pair> which) {
    assertThat(of).isNotEmpty();
    return (double) of.stream().filter(which).count() / of.size();
  }

  private static Stream<Pair> pairs(int n) {
    return IntStream.range(0, n)
        .boxed()
        .flatMap(a -> IntStream.range(0, a).mapToObj(b -> new Pair(a, b)));
  }

  /** Pairs of rows in the same group. */
  private static Stream<Pair> grouped(int rows, IntUnaryOperator group) {
    Map<Integer, List<Integer>> groups = new TreeMap<>();
    for (int row = 0; row < rows; row++) {
      groups.computeIfAbsent(group.applyAsInt(row), k -> new ArrayList<>()).add(row);
    }
    return groups.values().stream()
        .flatMap(g -> pairs(g.size()).map(p -> new Pair(g.get(p.a), g.get(p.b))));
  }

  @Test
  void all_pairs_of_three_thousand_rows_are_as_an_exact_search_has_them() {
    Outcome outcome = outcome(new PlantedTexts(1).rows(3_000), rows -> pairs(rows.size()));
    assertThat(outcome.positives).isGreaterThan(500);
    assertThat(outcome.recall).isGreaterThanOrEqualTo(0.99);
    assertThat(outcome.resolved).isGreaterThanOrEqualTo(0.99);
    assertThat(outcome.precision).isEqualTo(1);
  }

  @Test
  @Tag("acceptance")
  void planted_pairs_of_a_hundred_thousand_rows_are_found() {
    Outcome outcome =
        outcome(
            new PlantedTexts(2).rows(100_000),
            rows -> grouped(rows.size(), row -> rows.get(row).origin()));
    assertThat(outcome.positives).isGreaterThan(20_000);
    assertThat(outcome.recall).isGreaterThanOrEqualTo(0.99);
    assertThat(outcome.edge).isGreaterThanOrEqualTo(0.95);
    assertThat(outcome.resolved).isGreaterThanOrEqualTo(0.99);
    assertThat(outcome.precision).isEqualTo(1);
    assertThat(outcome.within).isGreaterThanOrEqualTo(0.85);
  }
}
