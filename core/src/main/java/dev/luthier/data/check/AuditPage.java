package dev.luthier.data.check;

import static dev.luthier.Counts.number;
import static dev.luthier.Counts.percent;

import dev.luthier.data.check.AuditReport.Cut;
import dev.luthier.data.check.AuditReport.Lengths;
import dev.luthier.data.check.AuditReport.SourceFile;
import dev.luthier.format.Hashes;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A report as one page of HTML: style sheet, script and charts stand in it, and it asks for nothing
 * else. All of it can be read without the script, which copies commands and opens what is folded.
 */
public final class AuditPage {
  private final AuditReport report;

  private AuditPage(AuditReport report) {
    this.report = report;
  }

  /** The page's text. */
  public static String render(AuditReport report) {
    return new AuditPage(report).page().markup();
  }

  private Html page() {
    Html script = resource("check.js");
    byte[] hash = HexFormat.of().parseHex(Hashes.text(script.markup()));
    return Html.of(
        resource("check.html").markup(),
        Base64.getEncoder().encodeToString(hash),
        title(),
        resource("check.css"),
        title(),
        report.spoilt() ? "error" : count(Severity.WARNING) > 0 ? "warning" : "fine",
        verdict(),
        report.model(),
        report.template(),
        report.maxLength(),
        figures(),
        findings(),
        lengths(),
        Html.all(report.cuts().stream().map(this::cut)),
        make(),
        new ExampleList(report.files(), report.examples()).html(),
        Html.all(report.files().stream().map(AuditPage::file)),
        script);
  }

  private String title() {
    String first = new File(report.files().get(0).path()).getName();
    int others = report.files().size() - 1;
    return switch (others) {
      case 0 -> first;
      case 1 -> first + " and another file";
      default -> first + " and " + others + " other files";
    };
  }

  private long count(Severity severity) {
    return report.findings().stream().filter(f -> f.severity() == severity).count();
  }

  private String verdict() {
    long errors = count(Severity.ERROR);
    long warnings = count(Severity.WARNING);
    if (errors > 0) {
      return things(errors)
          + " would spoil a run"
          + (warnings == 0
              ? "."
              : ", and " + things(warnings) + (warnings == 1 ? " is" : " are") + " worth a look.");
    }
    return warnings > 0
        ? "Nothing would spoil a run; "
            + things(warnings)
            + (warnings == 1 ? " is" : " are")
            + " worth a look."
        : "Nothing was found wrong.";
  }

  private static String things(long count) {
    return count == 1 ? "1 thing" : count + " things";
  }

  private Html figures() {
    Lengths lengths = report.lengths();
    Stream.Builder<Html> all = Stream.builder();
    all.add(
        figure(
            "Rows",
            number(report.rows()),
            report.repaired() == 0 ? "" : number(report.repaired()) + " mended"));
    all.add(
        figure("Can be trained on", number(report.used()), percent(report.used(), report.rows())));
    all.add(
        figure("Tokens", number(report.tokens()), "mean " + number(Math.round(lengths.mean()))));
    all.add(
        figure(
            "Trained tokens",
            number(report.trainedTokens()),
            percent(report.trainedTokens(), report.tokens())));
    all.add(
        figure(
            "End in a trained stop",
            String.format(Locale.ROOT, "%.1f %%", 100 * report.stopShare()),
            ""));
    all.add(figure("BOS tokens per row", bos(), ""));
    report.evaluationRows().ifPresent(rows -> all.add(figure("Evaluation rows", number(rows), "")));
    return Html.all(all.build());
  }

  private static Html figure(String name, String value, String beside) {
    return Html.of("<div><dt>%s</dt><dd>%s <small>%s</small></dd></div>\n", name, value, beside);
  }

  private String bos() {
    Map<Integer, Long> rows = report.rowsByBos();
    return rows.size() == 1
        ? rows.keySet().iterator().next().toString()
        : rows.entrySet().stream()
            .map(e -> e.getKey() + " in " + number(e.getValue()))
            .collect(Collectors.joining(", "));
  }

  private Html findings() {
    FindingList list = new FindingList(report.files(), report.rows());
    return report.findings().isEmpty()
        ? Html.of("<p>Nothing was found wrong.</p>\n")
        : Html.all(
            Arrays.stream(Severity.values())
                .map(
                    severity ->
                        list.group(
                            severity,
                            report.findings().stream()
                                .filter(finding -> finding.severity() == severity)
                                .toList())));
  }

  private Html lengths() {
    if (report.histogram().isEmpty()) {
      return Html.of("<p>No row can be trained on.</p>\n");
    }
    Lengths l = report.lengths();
    Html row =
        Html.all(
            Stream.of(l.shortest(), l.p50(), l.p90(), l.p95(), l.p99(), l.longest())
                .map(tokens -> Html.of("<td class=\"number\">%,d</td>", tokens)));
    return Html.of(
        resource("lengths.html").markup(),
        new LengthChart(report.histogram(), l, report.maxLength()).svg(),
        report.maxLength() > l.longest()
            ? "No row is longer than the maximum length, " + number(report.maxLength()) + "."
            : "What stands beyond the maximum length, "
                + number(report.maxLength())
                + ", is shaded.",
        row,
        l.mean(),
        Html.all(
            report.histogram().stream()
                .map(
                    b ->
                        ShareTable.row(
                            number(b.from()) + " to " + number(b.to()),
                            b.documents(),
                            documents()))));
  }

  private long documents() {
    return report.histogram().stream().mapToLong(AuditReport.Bucket::documents).sum();
  }

  private Html cut(Cut cut) {
    return Html.of(
        """
        <tr%s><th scope="row" class="number">%,d</th><td class="number">%,d <small>%s</small></td>\
        <td class="number">%,d <small>%s</small></td><td class="number">%,d</td></tr>
        """,
        cut.maxLength() == report.maxLength()
            ? new Html(" class=\"chosen\" aria-current=\"true\"")
            : "",
        cut.maxLength(),
        cut.documents(),
        percent(cut.documents(), documents()),
        cut.answerTokens(),
        percent(cut.answerTokens(), report.trainedTokens()),
        cut.answersLost());
  }

  /** What the set is made of. */
  private Html make() {
    Stream.Builder<Html> tables = Stream.builder();
    tables.add(ShareTable.ofFormats(report.formats(), report.rows()));
    if (!report.languages().isEmpty()) {
      tables.add(ShareTable.of("Languages", report.languages(), Findings::language));
    }
    report
        .columns()
        .forEach(
            (column, values) ->
                tables.add(ShareTable.of("Column " + column, values, value -> value)));
    return Html.all(tables.build());
  }

  private static Html file(SourceFile file) {
    return Html.of(
        "<tr><td class=\"path\">%s</td><td class=\"number\">%,d</td><td class=\"hash\">%s</td></tr>\n",
        file.path(), file.rows(), file.sha256());
  }

  private static Html resource(String name) {
    try (InputStream in = Objects.requireNonNull(AuditPage.class.getResourceAsStream(name), name)) {
      return new Html(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
