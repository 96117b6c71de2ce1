package dev.luthier.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Rows with what is to be said of each, for people: rows of a file of which the same is said share
 * a line, so that a thousand rows with one fault are one line and not a thousand.
 */
public final class RowLines {
  /** Numbers of rows in a line. */
  private static final int NUMBERS = 5;

  private final int most;
  private final Map<Line, Rows> lines = new LinkedHashMap<>();
  private long beyond;

  /**
   * @param most lines; of rows beyond them only the number is kept
   */
  public RowLines(int most) {
    this.most = most;
  }

  private record Line(String file, String words) {}

  private static final class Rows {
    private final List<Integer> first = new ArrayList<>();
    private long count;
  }

  /**
   * One more row.
   *
   * @param file as the user knows it; empty where it goes without saying
   * @param words said of the row; may be empty
   */
  public void add(String file, int row, String words) {
    Line line = new Line(file, words);
    Rows rows = lines.get(line);
    if (rows == null && lines.size() == most) {
      beyond++;
      return;
    }
    if (rows == null) {
      rows = new Rows();
      lines.put(line, rows);
    }
    if (rows.count++ < NUMBERS) {
      rows.first.add(row);
    }
  }

  /** Rows that are known of beside those added. */
  public void addUnseen(long rows) {
    beyond += rows;
  }

  /** The lines, each after a line end and so many blanks. */
  public String indented(int blanks) {
    String start = "\n" + " ".repeat(blanks);
    StringBuilder out = new StringBuilder();
    lines.forEach((line, rows) -> out.append(start).append(text(line, rows)));
    if (beyond > 0) {
      out.append(start).append(String.format(Locale.ROOT, "and %,d more", beyond));
    }
    return out.toString();
  }

  private static String text(Line line, Rows rows) {
    String numbers = rows.first.stream().map(String::valueOf).collect(Collectors.joining(", "));
    long more = rows.count - rows.first.size();
    return (line.file().isEmpty() ? "" : line.file() + " ")
        + (rows.count == 1 ? "row " : "rows ")
        + numbers
        + (more == 0 ? "" : String.format(Locale.ROOT, " and %,d more", more))
        + (line.words().isEmpty() ? "" : ": " + line.words());
  }
}
