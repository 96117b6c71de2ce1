package dev.luthier.data.source;

import dev.luthier.LuthierException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * CSV as RFC 4180 has it: records of cells, a cell in quotes may hold separators, line breaks and
 * doubled quotes. The separator is the one of {@code , ; TAB |} that the first line has most of
 * outside quotes. Lines end with LF, CR LF or CR. All cells are text; an empty unquoted one is
 * null.
 *
 * <p>A record with too few or too many cells is one bad row; the next begins at the next line. Rows
 * are numbered by record, because a line is not a row here.
 */
final class CsvRows {
  /** Characters of a cell. A quoted one that goes on for so long was never closed. */
  private static final int MAX_CELL = 16 << 20;

  private static final int PEEKED = 1 << 16;

  private final Path path;
  private final BufferedReader in;
  private final boolean tabs;
  private char separator = ',';
  private int line = 1;
  private int recordLine = 1;
  private boolean strayQuote;

  CsvRows(Path path, InputStream in, boolean tabs) {
    this.path = path;
    this.in =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()), PEEKED);
    this.tabs = tabs;
  }

  void read(ReadOptions options, RowSink sink) throws IOException {
    separator = tabs ? '\t' : separator();
    List<String> names = new ArrayList<>();
    int number = 0;
    for (List<@Nullable String> cells = record(); cells != null; cells = record()) {
      if (names.isEmpty()) {
        if (options.header()) {
          header(cells, names);
          continue;
        }
        for (int i = 1; i <= cells.size(); i++) {
          names.add("column" + i);
        }
      }
      number++;
      if (cells.size() == names.size() && !strayQuote) {
        sink.row(number, columns(names, cells));
      } else {
        odd(number, names, cells, options.repair(), sink);
      }
    }
  }

  private void header(List<@Nullable String> cells, List<String> names) {
    for (String cell : cells) {
      String name = cell == null ? "" : cell.strip();
      if (name.isEmpty()) {
        name = "column" + (names.size() + 1);
      }
      if (names.contains(name)) {
        throw new LuthierException(
            path
                + ": the header names the column \""
                + name
                + "\" twice. Rename one; if the file has no header, say data.header=false.");
      }
      names.add(name);
    }
  }

  private static Map<String, @Nullable Object> columns(
      List<String> names, List<@Nullable String> cells) {
    Map<String, @Nullable Object> columns = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      columns.put(names.get(i), i < cells.size() ? cells.get(i) : null);
    }
    return columns;
  }

  private void odd(
      int number, List<String> names, List<@Nullable String> cells, boolean repair, RowSink sink) {
    boolean surplusEmpty =
        cells.size() > names.size()
            && cells.subList(names.size(), cells.size()).stream().allMatch(c -> c == null);
    if (repair && !strayQuote && (cells.size() < names.size() || surplusEmpty)) {
      sink.row(number, columns(names, cells));
      return;
    }
    String text =
        String.join(
            String.valueOf(separator), cells.stream().map(c -> c == null ? "" : c).toList());
    String reason =
        strayQuote
            ? "line " + recordLine + ": text stands after a closing quote"
            : "line "
                + recordLine
                + ": expected "
                + names.size()
                + " cells ("
                + String.join(", ", names)
                + "), found "
                + cells.size();
    String hint =
        strayQuote || cells.size() > names.size()
            ? "put cells that hold a separator, a quote or a line break into quotes, and double the"
                + " quotes in them"
            : "data.badRows=repair takes missing cells as empty";
    String shown = text.substring(0, Math.min(text.length(), RowSink.MOST_TEXT));
    sink.unreadable(number, reason, hint, shown);
  }

  private char separator() throws IOException {
    in.mark(PEEKED);
    int[] counts = new int[128];
    boolean quoted = false;
    int c = in.read();
    for (int i = 1; c >= 0 && (quoted || (c != '\n' && c != '\r')) && i < PEEKED; i++) {
      if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && c < counts.length) {
        counts[c]++;
      }
      c = in.read();
    }
    in.reset();
    char best = ',';
    for (char candidate : new char[] {';', '\t', '|'}) {
      if (counts[candidate] > counts[best]) {
        best = candidate;
      }
    }
    return best;
  }

  /** The next record's cells, null at the end of the file; blank lines are skipped. */
  private @Nullable List<@Nullable String> record() throws IOException {
    strayQuote = false;
    List<@Nullable String> cells = new ArrayList<>();
    recordLine = line;
    int c = next();
    while (c == '\n') {
      recordLine = ++line;
      c = next();
    }
    if (c < 0) {
      return null;
    }
    StringBuilder cell = new StringBuilder();
    while (true) {
      boolean quoted = c == '"';
      if (quoted) {
        c = quotedCell(cell);
      }
      while (c >= 0 && c != separator && c != '\n') {
        strayQuote |= quoted && c != ' ';
        if (!quoted) {
          append(cell, c);
        }
        c = next();
      }
      cells.add(cell.length() == 0 && !quoted ? null : cell.toString());
      cell.setLength(0);
      if (c != separator) {
        break;
      }
      c = next();
    }
    if (c == '\n') {
      line++;
    }
    return cells;
  }

  /** The next character outside quotes; a line may end with CR, LF or both, which is LF here. */
  private int next() throws IOException {
    int c = in.read();
    if (c != '\r') {
      return c;
    }
    in.mark(1);
    if (in.read() != '\n') {
      in.reset();
    }
    return '\n';
  }

  private void append(StringBuilder cell, int c) {
    if (cell.length() == MAX_CELL) {
      throw new LuthierException(
          path + ", line " + line + ": a cell has more than " + MAX_CELL + " characters.");
    }
    cell.append((char) c);
  }

  /** Reads up to the closing quote and returns the character after it. */
  private int quotedCell(StringBuilder cell) throws IOException {
    int opened = line;
    while (true) {
      int c = in.read();
      if (c < 0 || cell.length() == MAX_CELL) {
        throw new LuthierException(
            path
                + ", line "
                + opened
                + ": a quote opens and is never closed, so rows cannot be told apart from there on."
                + " Close it, or double it (\"\") if it belongs to the text.");
      }
      if (c == '"') {
        c = next();
        if (c != '"') {
          return c;
        }
      } else if (c == '\n') {
        line++;
      }
      cell.append((char) c);
    }
  }
}
