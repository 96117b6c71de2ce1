package dev.luthier.data;

import dev.luthier.data.Preview.PreviewRow;
import dev.luthier.data.Preview.Segment;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A {@link Preview} for a terminal: trained text in green, or, without colours, in {@code ⟦ ⟧}.
 *
 * @param colour whether to use ANSI escapes
 * @param ids whether each row's ids follow its text
 */
public record PreviewText(boolean colour, boolean ids) {
  private static final String GREEN = "\u001b[32m";
  private static final String DIM = "\u001b[2m";
  private static final String PLAIN = "\u001b[0m";

  /** The whole preview; lines end with {@code \n}. */
  public String render(Preview preview) {
    StringBuilder out = new StringBuilder(header(preview.report()));
    for (PreviewRow row : preview.rows()) {
      out.append('\n').append(row(row));
    }
    return out.toString();
  }

  /** The account of the file. */
  public String header(DataReport report) {
    StringBuilder out = new StringBuilder();
    line(
        out,
        "rows       %,d: %,d used, %,d refused, %,d longer than %,d tokens",
        report.rows(),
        report.usedRows(),
        report.refused().size(),
        report.overflow().rows(),
        report.overflow().maxLength());
    if (!report.overflow().dropped().isEmpty() || report.overflow().lostTrainedTokens() > 0) {
      line(
          out,
          "too long   %,d rows left out, %,d trained tokens lost",
          report.overflow().dropped().size(),
          report.overflow().lostTrainedTokens());
    }
    line(
        out,
        "tokens     %,d in %,d sequences, %,d trained (%.1f %%)",
        report.tokens(),
        report.sequences(),
        report.trainedTokens(),
        report.tokens() == 0 ? 0.0 : 100.0 * report.trainedTokens() / report.tokens());
    DataReport.Lengths lengths = report.lengths();
    line(
        out,
        "length     %,d to %,d tokens; half at most %,d, 90 %% at most %,d, 99 %% at most %,d",
        lengths.shortest(),
        lengths.longest(),
        lengths.median(),
        lengths.p90(),
        lengths.p99());
    line(out, "stop       %.1f %% of rows end with a trained stop token", 100 * report.stopShare());
    if (report.templateDrops() > 0) {
      line(
          out,
          "template   leaves messages, tool calls or tools of %,d rows out; luthier data check lists"
              + " them",
          report.templateDrops());
    }
    line(
        out,
        "unknown    %.2f %% of trained tokens; %,d tokens straddle the start of a trained span",
        100 * report.unknownShare(),
        report.straddlingTokens());
    if (!report.refused().isEmpty()) {
      out.append("refused").append(RefusedRows.list(report.refused())).append('\n');
    }
    return out.toString();
  }

  /** One row. */
  public String row(PreviewRow row) {
    StringBuilder out = new StringBuilder();
    line(out, "row %,d: %,d tokens, %,d trained", row.row(), row.tokens(), row.trained());
    out.append(text(row)).append('\n');
    if (ids) {
      out.append(
              row.segments().stream()
                  .map(segment -> open(segment) + join(segment.ids()) + close(segment))
                  .collect(Collectors.joining(" ")))
          .append('\n');
    }
    return out.toString();
  }

  /** The text of one row. */
  public String text(PreviewRow row) {
    StringBuilder out = new StringBuilder();
    for (Segment segment : row.segments()) {
      out.append(open(segment)).append(visible(segment.text())).append(close(segment));
    }
    return out.toString();
  }

  private String open(Segment segment) {
    return colour ? (segment.trained() ? GREEN : DIM) : segment.trained() ? "⟦" : "";
  }

  private String close(Segment segment) {
    return colour ? PLAIN : segment.trained() ? "⟧" : "";
  }

  /** A text of the data, whose control characters must not steer the terminal. */
  public static String visible(String text) {
    return text.codePoints()
        .mapToObj(
            c ->
                Character.isISOControl(c) && c != '\n' && c != '\t'
                    ? String.format(Locale.ROOT, "\\x%02x", c)
                    : Character.toString(c))
        .collect(Collectors.joining());
  }

  private static String join(List<Integer> ids) {
    return ids.stream().map(String::valueOf).collect(Collectors.joining(" "));
  }

  private static void line(StringBuilder out, String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
