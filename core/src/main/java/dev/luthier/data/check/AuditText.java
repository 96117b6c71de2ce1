package dev.luthier.data.check;

import dev.luthier.Counts;
import dev.luthier.data.RowLines;
import dev.luthier.data.check.AuditReport.Cut;
import dev.luthier.data.check.Finding.Place;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A report for a terminal.
 *
 * @param colour whether to use ANSI escapes
 */
public record AuditText(boolean colour) {
  private static final int PLACES = 5;
  private static final int VALUES = 6;
  private static final String PLAIN = "\u001b[0m";

  /** The whole report; lines end with {@code \n}. */
  public String render(AuditReport report) {
    StringBuilder out = new StringBuilder();
    summary(report, out);
    if (report.used() > 0) {
      cuts(report.cuts(), out);
    }
    out.append('\n');
    if (report.findings().isEmpty()) {
      out.append("Nothing was found wrong.\n");
    }
    for (Finding finding : report.findings()) {
      finding(report, finding, out);
    }
    return out.toString();
  }

  private static void summary(AuditReport report, StringBuilder out) {
    report
        .files()
        .forEach(
            file -> line(out, "data       %s: %s", file.path(), Counts.of(file.rows(), "row")));
    report.evaluationRows().ifPresent(rows -> line(out, "evaluation %s", Counts.of(rows, "row")));
    line(out, "format     %s", report.formats().isEmpty() ? "none known" : formats(report));
    line(
        out,
        "rows       %,d: %,d can be trained on%s",
        report.rows(),
        report.used(),
        report.repaired() == 0
            ? ""
            : String.format(Locale.ROOT, ", %,d mended", report.repaired()));
    if (report.used() > 0) {
      tokens(report, out);
    }
    report.columns().forEach((column, values) -> line(out, "%-10s %s", column, top(values)));
  }

  private static String formats(AuditReport report) {
    return report.formats().stream()
        .map(
            f ->
                String.format(
                    Locale.ROOT,
                    "%s (%s, confidence %.2f)",
                    f.format(),
                    Counts.of(f.rows(), "row"),
                    f.confidence()))
        .collect(Collectors.joining(", "));
  }

  private static void tokens(AuditReport report, StringBuilder out) {
    line(
        out,
        "tokens     %,d, %,d trained (%.1f %%)",
        report.tokens(),
        report.trainedTokens(),
        report.tokens() == 0 ? 0.0 : 100.0 * report.trainedTokens() / report.tokens());
    AuditReport.Lengths l = report.lengths();
    line(
        out,
        "length     %,d to %,d tokens, mean %.0f; half at most %,d, 90 %% %,d, 95 %% %,d, 99 %% %,d",
        l.shortest(),
        l.longest(),
        l.mean(),
        l.p50(),
        l.p90(),
        l.p95(),
        l.p99());
    line(out, "stop       %.1f %% end in a trained stop token", 100 * report.stopShare());
    line(out, "BOS        %s", bos(report.rowsByBos()));
    if (!report.languages().isEmpty()) {
      line(out, "languages  %s", top(report.languages()));
    }
  }

  private static String bos(Map<Integer, Long> counts) {
    return counts.entrySet().stream()
        .map(e -> Counts.of(e.getValue(), "sequence") + " with " + e.getKey())
        .collect(Collectors.joining(", "));
  }

  private static String top(Map<String, Long> values) {
    String first =
        values.entrySet().stream()
            .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
            .limit(VALUES)
            .map(e -> String.format(Locale.ROOT, "%s %,d", e.getKey(), e.getValue()))
            .collect(Collectors.joining(", "));
    return values.size() > VALUES ? first + ", and " + (values.size() - VALUES) + " more" : first;
  }

  private static void cuts(List<Cut> cuts, StringBuilder out) {
    out.append("\nat most    rows cut  answer tokens lost  answers lost whole\n");
    for (Cut cut : cuts) {
      line(
          out,
          "%,7d  %,10d  %,18d  %,18d",
          cut.maxLength(),
          cut.documents(),
          cut.answerTokens(),
          cut.answersLost());
    }
  }

  private void finding(AuditReport report, Finding finding, StringBuilder out) {
    String word = finding.severity().toString();
    out.append(colour(finding.severity())).append(word).append(colour ? PLAIN : "");
    out.append(" ".repeat(9 - word.length())).append(finding.words());
    boolean several = report.files().size() > 1;
    RowLines lines = new RowLines(PLACES);
    for (Place place : finding.places()) {
      String file = several ? report.files().get(place.file()).path() : "";
      lines.add(file, place.row(), place.evidence());
    }
    lines.addUnseen(finding.rows() - finding.places().size());
    out.append(lines.indented(11)).append('\n');
    if (!finding.advice().isEmpty()) {
      line(out, "         > %s", finding.advice());
    }
    if (!finding.command().isEmpty()) {
      line(out, "         $ %s", finding.command());
    }
  }

  private String colour(Severity severity) {
    if (!colour) {
      return "";
    }
    return switch (severity) {
      case ERROR -> "\u001b[31m";
      case WARNING -> "\u001b[33m";
      case NOTE -> "\u001b[36m";
    };
  }

  private static void line(StringBuilder out, String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
