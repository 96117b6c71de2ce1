package dev.luthier.data.check;

import dev.luthier.Counts;
import dev.luthier.data.check.AuditReport.FormatShare;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Tables of a page that say how many of all rows are of a kind, with a bar for each. */
final class ShareTable {
  /** Values that have a row of their own. */
  private static final int VALUES = 12;

  private ShareTable() {}

  /** The most frequent values first, those that are rare as one. */
  static Html of(String caption, Map<String, Long> counts, UnaryOperator<String> name) {
    long all = counts.values().stream().mapToLong(Long::longValue).sum();
    List<Map.Entry<String, Long>> sorted =
        counts.entrySet().stream()
            .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
            .toList();
    Stream<Html> rows =
        sorted.stream().limit(VALUES).map(e -> row(name.apply(e.getKey()), e.getValue(), all));
    if (sorted.size() > VALUES) {
      long others = sorted.stream().skip(VALUES).mapToLong(Map.Entry::getValue).sum();
      rows = Stream.concat(rows, Stream.of(row(sorted.size() - VALUES + " more", others, all)));
    }
    return table(caption, rows);
  }

  static Html ofFormats(List<FormatShare> formats, long all) {
    return table(
        "Formats",
        formats.stream()
            .map(
                format ->
                    row(
                        String.format(
                            Locale.ROOT,
                            "%s, confidence %.2f",
                            format.format(),
                            format.confidence()),
                        format.rows(),
                        all)));
  }

  private static Html table(String caption, Stream<Html> rows) {
    return Html.of(
        """
        <table class="shares"><caption>%s</caption>
        <thead class="unseen"><tr><th scope="col">Value</th><th scope="col">Rows</th>\
        <th scope="col">Share</th></tr></thead>
        <tbody>
        %s</tbody></table>
        """,
        caption, Html.all(rows));
  }

  static Html row(String name, long count, long all) {
    return Html.of(
        """
        <tr><th scope="row">%s</th><td class="number">%,d</td>\
        <td class="share"><span>%s</span><div aria-hidden="true">\
        <div style="width:%.2f%%"></div></div></td></tr>
        """,
        name, count, Counts.percent(count, all), 100.0 * count / Math.max(1, all));
  }
}
