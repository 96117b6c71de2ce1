package dev.luthier.data.prepared;

import static dev.luthier.data.prepared.PreparedSets.document;
import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.prepared.Manifest.Origin;
import dev.luthier.data.prepared.Manifest.Source;
import dev.luthier.data.prepared.Manifest.Stage;
import dev.luthier.data.prepared.PreparedDiff.Change;
import dev.luthier.data.prepared.PreparedDiff.OnlyRow;
import dev.luthier.data.prepared.PreparedDiff.SplitDiff;
import dev.luthier.data.prepared.PreparedSets.SetRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreparedDiffTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private static SetRow row(int number, String text) {
    return new SetRow(0, "{\"text\":\"" + text + "\"}", List.of(document(number, 5, 1)));
  }

  private static SplitDiff train(PreparedDiff diff) {
    return Objects.requireNonNull(diff.splits().get("train"));
  }

  private PreparedSet set(String name, Object seed, Origin origin, Map<String, List<SetRow>> rows) {
    return PreparedSets.write(
        folder.resolve(name),
        PreparedSets.about(10, true, Map.of("split", Map.of("seed", seed), "kept", "as it was")),
        origin,
        rows);
  }

  @Test
  void settings_sources_stages_and_rows_that_differ_are_named() {
    Source gone = new Source("old.jsonl", "o".repeat(64), 9, 2);
    Source changed = new Source("rows.jsonl", "1".repeat(64), 100, 10);
    Source now = new Source("rows.jsonl", "2".repeat(64), 110, 11);
    Stage read = PreparedSets.stage("read", 12, 12, Map.of());
    Stage before = PreparedSets.stage("filter", 12, 9, Map.of("too long", 3L));
    Stage after = PreparedSets.stage("filter", 12, 8, Map.of("too long", 4L));
    PreparedSet a =
        set(
            "a",
            1,
            new Origin(List.of(changed, gone), List.of(read, read, before)),
            Map.of("train", List.of(row(1, "one"), row(2, "two"), row(3, "three"))));
    PreparedSet b =
        set(
            "b",
            2,
            new Origin(List.of(now), List.of(read, read, after)),
            Map.of(
                "train",
                List.of(row(7, "three"), row(8, "four"), row(9, "one"), row(10, "five")),
                "eval",
                List.of(row(2, "two"))));
    PreparedDiff diff = PreparedDiff.of(a, b, 1);
    assertThat(diff.same()).isFalse();
    assertThat(diff.settings())
        .isEqualTo(Map.of("split.seed", new Change<>(Optional.of("1"), Optional.of("2"))));
    assertThat(diff.sources())
        .isEqualTo(
            Map.of(
                "rows.jsonl", new Change<>(Optional.of(changed), Optional.of(now)),
                "old.jsonl", new Change<>(Optional.of(gone), Optional.empty())));
    assertThat(diff.stages())
        .isEqualTo(Map.of("filter", new Change<>(Optional.of(before), Optional.of(after))));
    assertThat(train(diff).rowsBefore()).isEqualTo(3);
    assertThat(train(diff).rowsAfter()).isEqualTo(4);
    assertThat(train(diff).tokensBefore()).isEqualTo(15);
    assertThat(train(diff).tokensAfter()).isEqualTo(20);
    assertThat(train(diff).removed().count()).isEqualTo(1);
    assertThat(train(diff).removed().first())
        .containsExactly(
            new OnlyRow(1, new PreparedSplit.Lineage(changed, 2), "{\"text\":\"two\"}"));
    assertThat(train(diff).added().count()).isEqualTo(2);
    assertThat(train(diff).added().first())
        .containsExactly(new OnlyRow(1, new PreparedSplit.Lineage(now, 8), "{\"text\":\"four\"}"));
    SplitDiff eval = Objects.requireNonNull(diff.splits().get("eval"));
    assertThat(eval.rowsBefore()).isZero();
    assertThat(eval.added().count()).isEqualTo(1);
  }

  @Test
  void a_set_does_not_differ_from_itself() {
    PreparedSet a = set("a", 1, PreparedSets.ORIGIN, Map.of("train", List.of(row(1, "one"))));
    PreparedDiff diff = PreparedDiff.of(a, a, 5);
    assertThat(diff.same()).isTrue();
    assertThat(diff.settings()).isEmpty();
    assertThat(diff.sources()).isEmpty();
    assertThat(diff.stages()).isEmpty();
    assertThat(train(diff).removed().count()).isZero();
    assertThat(train(diff).added().count()).isZero();
  }

  /** The oracle takes rows out of a list, one for one. */
  @Property(tries = 30)
  void rows_are_compared_as_multisets_in_any_order(
      @ForAll @Size(max = 30) List<@IntRange(max = 8) Integer> before,
      @ForAll @Size(max = 30) List<@IntRange(max = 8) Integer> after,
      @ForAll long seed)
      throws IOException {
    Path temp = Files.createTempDirectory("diff");
    List<Integer> shuffled = new ArrayList<>(after);
    Collections.shuffle(shuffled, new Random(seed));
    PreparedDiff diff =
        PreparedDiff.of(
            numbers(temp.resolve("a"), before), numbers(temp.resolve("b"), shuffled), 99);
    check(train(diff).removed(), before, after);
    check(train(diff).added(), shuffled, before);
  }

  private static void check(PreparedDiff.OnlyRows only, List<Integer> rows, List<Integer> others) {
    List<Integer> left = new ArrayList<>(rows);
    others.forEach(left::remove);
    assertThat(only.count()).isEqualTo(left.size());
    assertThat(only.first())
        .extracting(OnlyRow::json)
        .containsExactlyInAnyOrderElementsOf(left.stream().map(i -> "{\"i\":" + i + "}").toList());
  }

  private static PreparedSet numbers(Path target, List<Integer> rows) {
    return PreparedSets.write(
        target,
        PreparedSets.about(10, false, Map.of()),
        Map.of(
            "train",
            rows.stream()
                .map(i -> new SetRow(0, "{\"i\":" + i + "}", List.of(document(1, 3, 1))))
                .toList()));
  }
}
