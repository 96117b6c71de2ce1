package dev.luthier.cli;

import dev.luthier.Counts;
import dev.luthier.data.prepared.Manifest;
import dev.luthier.data.prepared.Manifest.Split;
import dev.luthier.data.prepared.Manifest.Stage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What became of a prepared set's rows on the way, and what its splits hold. */
final class ManifestText {
  private ManifestText() {}

  /** A table of the stages. */
  static List<String> stages(Manifest manifest) {
    List<String> lines = new ArrayList<>();
    lines.add("stage           rows in    rows out     changed   left out");
    for (Stage stage : manifest.origin().stages()) {
      String row =
          format(
              "%-12s %,10d  %,10d  %10s   %s",
              stage.name(),
              stage.rowsIn(),
              stage.rowsOut(),
              stage.changed() == 0 ? "" : format("%,d", stage.changed()),
              counts(stage.dropped()));
      lines.add(row.stripTrailing());
      if (!stage.found().isEmpty()) {
        lines.add("  found " + counts(stage.found()));
      }
    }
    return lines;
  }

  /** As {@code 3 exact, 7 near}. */
  static String counts(Map<String, Long> counts) {
    return counts.entrySet().stream()
        .map(count -> format("%,d %s", count.getValue(), count.getKey()))
        .collect(Collectors.joining(", "));
  }

  /** A line for each split, and one more where the template leaves something out. */
  static List<String> splits(Manifest manifest) {
    boolean packed = manifest.about().encodedWith().packing();
    int length = manifest.about().encodedWith().maxLength();
    List<String> lines = new ArrayList<>();
    manifest
        .splits()
        .forEach(
            (name, split) -> {
              lines.add(
                  format(
                      "%-6s %s, %s, %,d trained, in %s%s",
                      name,
                      Counts.of(split.rows(), "row"),
                      Counts.of(split.tokens(), "token"),
                      split.trainedTokens(),
                      Counts.of(split.sequences(), "sequence"),
                      packed ? filled(split, length) : ""));
              if (split.facts().templateDrops() > 0) {
                lines.add(
                    format(
                        "       of %s the chat template leaves messages, tool calls or tools out",
                        Counts.of(split.facts().templateDrops(), "row")));
              }
            });
    return lines;
  }

  /** The splits' counts by name, as JSON has them. */
  static Map<String, Object> counts(Manifest manifest) {
    Map<String, Object> splits = new LinkedHashMap<>();
    manifest
        .splits()
        .forEach(
            (name, split) -> {
              Map<String, Object> counts = new LinkedHashMap<>();
              counts.put("rows", split.rows());
              counts.put("documents", split.documents());
              counts.put("sequences", split.sequences());
              counts.put("tokens", split.tokens());
              counts.put("trainedTokens", split.trainedTokens());
              counts.put("templateDrops", split.facts().templateDrops());
              splits.put(name, counts);
            });
    return splits;
  }

  private static String filled(Split split, int length) {
    double full = (double) split.tokens() / ((double) split.sequences() * length);
    return format(" of up to %,d, %.2f %% full", length, 100 * full);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
