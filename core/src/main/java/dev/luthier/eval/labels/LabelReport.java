package dev.luthier.eval.labels;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How well rows were labelled.
 *
 * @param rows that were evaluated
 * @param figures by name, the ones to compare runs by
 * @param byLabel precision, recall, F1 and support of each label, or of each type of entity
 * @param confusion of labels of which one is right
 */
public record LabelReport(
    long rows,
    Map<String, Object> figures,
    Map<String, Scores> byLabel,
    Optional<Confusion> confusion) {
  /** More labels than that make no table that can be read. */
  private static final int MOST_COLUMNS = 12;

  private static final int WIDEST = 28;

  /** As JSON. */
  public Map<String, Object> fields() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("rows", rows);
    out.putAll(figures);
    if (!byLabel.isEmpty()) {
      Map<String, Object> scores = new LinkedHashMap<>();
      byLabel.forEach((name, of) -> scores.put(name, of.fields()));
      out.put("by_label", scores);
    }
    confusion.ifPresent(
        c -> {
          out.put("labels", c.labels());
          out.put("confusion", c.matrix());
        });
    return out;
  }

  /** For people: figures, a line for each label, and the confusion matrix where it is small. */
  public String text() {
    StringBuilder out = new StringBuilder();
    line(out, "%-24s %,d", "rows", rows);
    figures.forEach((name, value) -> line(out, "%-24s %s", name.replace('_', ' '), words(value)));
    if (!byLabel.isEmpty()) {
      int width = width(byLabel.keySet());
      line(out, "%n%-" + width + "s %9s %9s %9s %9s", "", "precision", "recall", "f1", "support");
      byLabel.forEach(
          (name, scores) ->
              line(
                  out,
                  "%-" + width + "s %9.4f %9.4f %9.4f %9d",
                  shortened(name),
                  scores.precision(),
                  scores.recall(),
                  scores.f1(),
                  scores.support()));
    }
    confusion.filter(c -> c.labels().size() <= MOST_COLUMNS).ifPresent(c -> matrix(out, c));
    return out.toString();
  }

  private static void matrix(StringBuilder out, Confusion confusion) {
    int width = width(confusion.labels());
    line(out, "%nright below, given across");
    StringBuilder head = new StringBuilder(" ".repeat(width));
    confusion.labels().forEach(l -> head.append(' ').append(column(l)));
    line(out, "%s", head);
    for (int i = 0; i < confusion.labels().size(); i++) {
      StringBuilder row =
          new StringBuilder(
              String.format(Locale.ROOT, "%-" + width + "s", shortened(confusion.labels().get(i))));
      for (long count : confusion.counts()[i]) {
        row.append(' ').append(column(String.valueOf(count)));
      }
      line(out, "%s", row);
    }
  }

  private static String column(String text) {
    return String.format(Locale.ROOT, "%8s", text.length() > 8 ? text.substring(0, 7) + "." : text);
  }

  private static int width(Iterable<String> names) {
    int width = 0;
    for (String name : names) {
      width = Math.max(width, shortened(name).length());
    }
    return Math.max(1, width);
  }

  private static String shortened(String name) {
    return name.length() > WIDEST ? name.substring(0, WIDEST - 1) + "…" : name;
  }

  private static String words(Object value) {
    if (value instanceof List<?> ends && ends.size() == 2) {
      return words(ends.get(0)) + " to " + words(ends.get(1)) + " (95 %)";
    }
    return value instanceof Double d
        ? String.format(Locale.ROOT, "%.4f", d)
        : String.valueOf(value);
  }

  private static void line(StringBuilder out, String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values).stripTrailing()).append('\n');
  }
}
