package dev.luthier.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.Counts;
import dev.luthier.data.PreviewText;
import dev.luthier.data.prepared.Manifest.Source;
import dev.luthier.data.prepared.Manifest.Stage;
import dev.luthier.data.prepared.PreparedDiff;
import dev.luthier.data.prepared.PreparedDiff.Change;
import dev.luthier.data.prepared.PreparedDiff.OnlyRow;
import dev.luthier.data.prepared.PreparedDiff.OnlyRows;
import dev.luthier.data.prepared.PreparedDiff.SplitDiff;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.format.Json;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** What two prepared sets differ in, for people. */
final class DiffText {
  /** Characters of a row's text that are shown. */
  private static final int START = 90;

  /** Values of fewer characters, together, stand on one line. */
  private static final int SHORT = 70;

  private final StringBuilder out = new StringBuilder();
  private final PreparedSet before;
  private final PreparedSet after;
  private final PreparedDiff diff;

  DiffText(PreparedSet before, PreparedSet after, PreparedDiff diff) {
    this.before = before;
    this.after = after;
    this.diff = diff;
  }

  /** The whole text; lines end with {@code \n}. */
  String render() {
    line("A  %s  %s", before.hash(), before.folder());
    line("B  %s  %s", after.hash(), after.folder());
    if (diff.same()) {
      line("They are the same set.");
    }
    changes("settings", diff.settings(), Function.identity());
    changes("sources", diff.sources(), DiffText::source);
    changes("stages", diff.stages(), DiffText::stage);
    if (!diff.same()) {
      diff.splits().forEach(this::split);
    }
    return out.toString();
  }

  private <T> void changes(
      String title, Map<String, Change<T>> changes, Function<? super T, String> text) {
    if (changes.isEmpty()) {
      return;
    }
    line("");
    line("%s that differ", title);
    changes.forEach(
        (name, change) -> {
          String a = change.before().map(text).orElse("-");
          String b = change.after().map(text).orElse("-");
          String between = a.length() + b.length() < SHORT ? " -> " : "\n  %-20s -> ".formatted("");
          line("  %s", PreviewText.visible("%-20s %s".formatted(name, a) + between + b));
        });
  }

  private static String source(Source source) {
    return format(
        "%s, %s, SHA-256 %s",
        Counts.of(source.rows(), "row"),
        Counts.of(source.bytes(), "byte"),
        source.sha256().substring(0, 12));
  }

  private static String stage(Stage stage) {
    return format("%s in, %,d out", Counts.of(stage.rowsIn(), "row"), stage.rowsOut())
        + (stage.changed() == 0 ? "" : format(", %,d changed", stage.changed()))
        + counts("; found ", stage.found())
        + counts("; left out ", stage.dropped());
  }

  private static String counts(String what, Map<String, Long> counts) {
    return counts.isEmpty() ? "" : what + ManifestText.counts(counts);
  }

  private void split(String name, SplitDiff split) {
    line("");
    line(
        "%s: %s, now %,d (%+,d); %s, now %,d (%+,d)",
        name,
        Counts.of(split.rowsBefore(), "row"),
        split.rowsAfter(),
        split.rowsAfter() - split.rowsBefore(),
        Counts.of(split.tokensBefore(), "token"),
        split.tokensAfter(),
        split.tokensAfter() - split.tokensBefore());
    only("A", split.removed());
    only("B", split.added());
  }

  private void only(String set, OnlyRows rows) {
    line("  only in %s: %s", set, Counts.of(rows.count(), "row"));
    for (OnlyRow row : rows.first()) {
      line(
          "    row %,d, from %s: %s",
          row.row(), PreviewText.visible(row.lineage().toString()), start(row.json()));
    }
    if (!rows.first().isEmpty() && rows.count() > rows.first().size()) {
      line("    and %,d more", rows.count() - rows.first().size());
    }
  }

  /** The start of a row's texts, on one line. */
  private static String start(String json) {
    StringBuilder texts = new StringBuilder();
    texts(Json.parse(json, "row"), texts);
    String text = texts.toString().strip().replaceAll("\\s+", " ");
    int shown = Math.min(START, text.codePointCount(0, text.length()));
    String start = text.substring(0, text.offsetByCodePoints(0, shown));
    return PreviewText.visible(start.length() < text.length() ? start + " ..." : start);
  }

  private static void texts(JsonNode node, StringBuilder out) {
    if (node.isTextual() && out.length() < 8 * START) {
      out.append(node.textValue()).append(' ');
    }
    node.fields()
        .forEachRemaining(
            field -> {
              if (!field.getKey().equals("role")) {
                texts(field.getValue(), out);
              }
            });
    if (node.isArray()) {
      node.forEach(element -> texts(element, out));
    }
  }

  private void line(String format, Object... values) {
    out.append(format(format, values).stripTrailing()).append('\n');
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
