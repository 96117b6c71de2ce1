package dev.luthier.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.format.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which rows are held out, and which are taken of several sources. */
class SplitsTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @SuppressWarnings("NullAway.Init")
  Preparing preparing;

  @BeforeEach
  void here() {
    preparing = new Preparing(folder);
  }

  private static int rows(PreparedSet set, String split) {
    return Preparing.numbers(set, split).size();
  }

  @ParameterizedTest
  @CsvSource({"0.1, 0, 15, 0", "0.1, 0.2, 15, 31", "12, 7, 12, 7", "0, 0.5, 0, 77", "1, 0, 1, 0"})
  void a_share_or_a_number_is_held_out_exactly(double eval, double test, int evals, int tests)
      throws IOException {
    preparing.file("rows.jsonl", Preparing.rows(153, 1));
    PreparedSet set = preparing.prepare("set", "split.eval=" + eval, "split.test=" + test);
    assertThat(rows(set, "eval")).isEqualTo(evals);
    assertThat(rows(set, "test")).isEqualTo(tests);
    List<Integer> all = new ArrayList<>(Preparing.numbers(set, "train"));
    all.addAll(Preparing.numbers(set, "eval"));
    all.addAll(Preparing.numbers(set, "test"));
    assertThat(all)
        .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, 153).boxed().toList());
  }

  @Test
  void a_fraction_of_a_row_is_refused() {
    assertThatThrownBy(() -> preparing.settings("set", "sources=$/x", "split.eval=1.5"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("split.eval is 1.5: must be a share below 1 or a whole number");
  }

  @Test
  void added_and_moved_rows_leave_most_held_out_rows_where_they_are() throws IOException {
    List<String> rows = Preparing.rows(200, 1);
    preparing.file("rows.jsonl", rows);
    Set<String> before = jsons(preparing.prepare("before", "split.eval=0.2"), "eval");
    List<String> more = new ArrayList<>(Preparing.rows(20, 2));
    more.addAll(rows);
    preparing.file("rows.jsonl", more);
    Set<String> after = jsons(preparing.prepare("after", "split.eval=0.2"), "eval");
    assertThat(before).hasSize(40);
    assertThat(after).hasSize(44);
    Set<String> both = new HashSet<>(before);
    both.retainAll(after);
    assertThat(both).hasSizeGreaterThanOrEqualTo(36);
    Set<String> other = jsons(preparing.prepare("seed", "split.eval=0.2", "seed=7"), "eval");
    other.retainAll(after);
    assertThat(other).hasSizeLessThan(25);
  }

  private static Set<String> jsons(PreparedSet set, String split) {
    Set<String> out = new HashSet<>();
    for (int row = 0; row < set.split(split).rows(); row++) {
      out.add(set.split(split).json(row));
    }
    return out;
  }

  @Test
  void rows_that_are_alike_never_straddle() throws IOException {
    Random random = new Random(3);
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      String answer = Preparing.words(random, 40);
      for (int twin = 0; twin < 1 + i % 3; twin++) {
        rows.add(Preparing.row("question", answer + (twin == 2 ? " and more" : "")));
      }
    }
    preparing.file("rows.jsonl", rows);
    PreparedSet set =
        preparing.prepare("set", "split.eval=0.3", "clean.duplicates=none", "data.maxLength=512");
    assertThat(rows(set, "eval")).isEqualTo(36);
    Set<String> eval = families(set, "eval");
    eval.retainAll(families(set, "train"));
    assertThat(eval).isEmpty();
    PreparedSet single = preparing.prepare("single", "split.eval=0.3", "data.maxLength=512");
    assertThat(rows(single, "eval") + rows(single, "train")).isEqualTo(60);
    assertThat(Preparing.stage(single, "duplicates").dropped())
        .containsExactly(Map.entry("exact", 40L), Map.entry("near", 20L));
    PreparedSet exact = preparing.prepare("exact", "clean.duplicates=exact", "data.maxLength=512");
    assertThat(rows(exact, "train")).isEqualTo(80);
  }

  private static Set<String> families(PreparedSet set, String split) {
    Set<String> out = new HashSet<>();
    for (String json : jsons(set, split)) {
      out.add(Json.parse(json, "row").path("completion").asText().substring(0, 60));
    }
    return out;
  }

  private void labelled(String column, int rows, int kinds) throws IOException {
    List<String> lines = new ArrayList<>();
    Random random = new Random(4);
    for (int i = 0; i < rows; i++) {
      // the first kind has half of the rows
      int kind = i % 2 == 0 ? 0 : 1 + random.nextInt(kinds - 1);
      lines.add(
          Json.object()
              .put("prompt", Preparing.words(random, 8))
              .put("completion", Preparing.words(random, 8))
              .put(column, "k" + kind)
              .toString());
    }
    preparing.file("rows.jsonl", lines);
  }

  private Map<String, Integer> kinds(PreparedSet set, String split, String column)
      throws IOException {
    List<String> lines = Files.readAllLines(folder.resolve("rows.jsonl"));
    Map<String, Integer> out = new HashMap<>();
    for (int number : Preparing.numbers(set, split)) {
      out.merge(Json.parse(lines.get(number - 1), "row").path(column).asText(), 1, Integer::sum);
    }
    return out;
  }

  @Test
  void each_value_of_a_column_gives_the_same_share_and_the_total_is_exact() throws IOException {
    labelled("topic", 200, 8);
    PreparedSet set = preparing.prepare("set", "split.eval=10", "split.stratify=topic");
    Map<String, Integer> train = kinds(set, "train", "topic");
    Map<String, Integer> eval = kinds(set, "eval", "topic");
    assertThat(eval.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(10);
    train.forEach(
        (kind, n) -> {
          int held = eval.getOrDefault(kind, 0);
          assertThat(Math.abs(held - 10 * (n + held) / 200.0)).as(kind).isLessThan(1);
        });
    assertThat(eval).containsEntry("k0", 5);
  }

  @Test
  void rows_of_a_group_stay_together() throws IOException {
    labelled("user", 200, 40);
    PreparedSet set = preparing.prepare("set", "split.eval=0.2", "split.group=user");
    Set<String> both = new HashSet<>(kinds(set, "eval", "user").keySet());
    both.retainAll(kinds(set, "train", "user").keySet());
    assertThat(both).isEmpty();
    assertThat(rows(set, "eval")).isEqualTo(40);
  }

  @Test
  void a_column_that_no_row_has_is_refused() throws IOException {
    labelled("user", 20, 4);
    assertThatThrownBy(() -> preparing.prepare("set", "split.eval=2", "split.group=usr"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("split.group is usr, but no row has a value");
  }

  @ParameterizedTest
  @CsvSource({"3, 1, 90, 30", "1, 1, 50, 50", "1, 4, 13, 50", "0.5, 0.1, 90, 18"})
  void sources_have_the_shares_that_are_asked_for(
      double first, double second, int firsts, int seconds) throws IOException {
    preparing.file("a.jsonl", Preparing.rows(90, 1));
    preparing.file("b.jsonl", Preparing.rows(50, 2));
    PreparedSet set =
        preparing.prepare(
            "set",
            String.format(
                Locale.ROOT,
                "sources=[{path: $/a.jsonl, weight: %s}, {path: $/b.jsonl, weight: %s}]",
                first,
                second));
    assertThat(perSource(set)).containsEntry("a.jsonl", firsts).containsEntry("b.jsonl", seconds);
    assertThat(Preparing.stage(set, "mix").dropped())
        .containsExactly(Map.entry("not taken", 140L - firsts - seconds));
  }

  private static Map<String, Integer> perSource(PreparedSet set) {
    Map<String, Integer> out = new HashMap<>();
    Preparing.lineage(set, "train")
        .forEach(from -> out.merge(from.source().path().replaceAll(".*/", ""), 1, Integer::sum));
    return out;
  }

  @Test
  void a_weighted_source_of_which_nothing_is_left_is_named() throws IOException {
    preparing.file("a.jsonl", Preparing.rows(9, 1));
    preparing.file("b.jsonl", Preparing.rows(9, 1));
    assertThatThrownBy(
            () ->
                preparing.prepare(
                    "set", "sources=[{path: $/a.jsonl, weight: 1}, {path: $/b.jsonl, weight: 1}]"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("b.jsonl is left to train on");
  }

  @Test
  void old_rows_come_at_their_ratio_and_never_into_evaluation() throws IOException {
    preparing.file("old.jsonl", Preparing.rows(100, 1));
    PreparedSet old = preparing.prepare("old", "sources=$/old.jsonl", "data.columns.prompt=prompt");
    assertThat(old.split("train").rows()).isEqualTo(100);
    preparing.file("new.jsonl", Preparing.rows(80, 2));
    for (String path : List.of("$/old", "$/old.jsonl")) {
      PreparedSet set =
          preparing.prepare(
              "set" + path.length(),
              "sources=[{path: " + path + ", replay: 0.25}, {path: $/new.jsonl}]",
              "split.eval=0.1");
      assertThat(perSource(set)).containsEntry("new.jsonl", 72).containsValue(18).hasSize(2);
      assertThat(Preparing.lineage(set, "eval"))
          .hasSize(8)
          .allMatch(from -> from.source().path().endsWith("new.jsonl"));
    }
  }

  @Test
  void a_prepared_set_is_read_with_its_own_column_names() throws IOException {
    preparing.file("old.jsonl", Preparing.rows(10, 1));
    preparing.prepare("old", "sources=$/old.jsonl");
    preparing.file("new.jsonl", "{\"q\": \"one two three\", \"a\": \"four five six\"}");
    PreparedSet set =
        preparing.prepare(
            "set",
            "sources=[{path: $/new.jsonl}, {path: $/old}]",
            "data.columns.prompt=q",
            "data.columns.completion=a");
    assertThat(set.split("train").rows()).isEqualTo(11);
  }

  @Test
  void a_row_that_is_old_and_new_counts_as_new() throws IOException {
    preparing.file("old.jsonl", Preparing.rows(40, 1));
    preparing.file("new.jsonl", Preparing.rows(20, 1));
    PreparedSet set =
        preparing.prepare("set", "sources=[{path: $/old.jsonl, replay: 0.1}, {path: $/new.jsonl}]");
    assertThat(perSource(set)).containsEntry("new.jsonl", 20).containsEntry("old.jsonl", 2);
  }

  @Test
  void an_old_row_like_one_that_is_held_out_is_not_trained_on() throws IOException {
    List<String> rows = Preparing.rows(40, 1);
    preparing.file("old.jsonl", rows);
    preparing.file("new.jsonl", rows);
    PreparedSet set =
        preparing.prepare(
            "set",
            "sources=[{path: $/new.jsonl}, {path: $/old.jsonl, replay: 10}]",
            "clean.duplicates=none",
            "split.eval=0.25");
    assertThat(perSource(set)).containsEntry("new.jsonl", 30).containsEntry("old.jsonl", 30);
    Set<String> both = jsons(set, "eval");
    assertThat(both).hasSize(10);
    both.retainAll(jsons(set, "train"));
    assertThat(both).isEmpty();
  }
}
