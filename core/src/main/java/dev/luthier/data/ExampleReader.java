package dev.luthier.data;

import dev.luthier.Complaints;
import dev.luthier.LuthierException;
import dev.luthier.Nearest;
import dev.luthier.UsageException;
import dev.luthier.data.DataSettings.BadRows;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.source.ReadOptions;
import dev.luthier.data.source.RowFile;
import dev.luthier.data.source.RowSink;
import dev.luthier.format.Hashes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Data files to examples, one row after another. A row that cannot be read is handed over with its
 * number, the reason and what to do; it is for the caller to say how many are too many.
 *
 * @param options how files are read
 * @param format what the rows must be; {@link Format#AUTO} recognises each
 * @param columns our name of a column to the file's
 * @param roles a role as the file has it to ours
 */
public record ExampleReader(
    ReadOptions options, Format format, Map<String, String> columns, Map<String, String> roles) {
  private static final List<String> ROLES = List.of("system", "user", "assistant", "tool");

  /**
   * @throws UsageException a mapping is to a name that nothing is read from
   */
  public ExampleReader {
    columns = Map.copyOf(columns);
    roles = Map.copyOf(roles);
    Complaints complaints = new Complaints();
    for (String name : new TreeSet<>(columns.keySet())) {
      if (!Shape.NAMES.contains(name)) {
        complaints.add(
            "data.columns."
                + name
                + ": expected our name of a column ("
                + String.join(", ", Shape.NAMES)
                + ") and after it the file's"
                + meant(name, Shape.NAMES));
      }
    }
    for (Map.Entry<String, String> role : new TreeMap<>(roles).entrySet()) {
      if (!ROLES.contains(role.getValue())) {
        complaints.add(
            "data.roles."
                + role.getKey()
                + " is "
                + role.getValue()
                + ": must be system, user, assistant or tool"
                + meant(role.getValue(), ROLES));
      }
    }
    complaints.throwIfAny();
  }

  private static String meant(String word, Collection<String> known) {
    return Nearest.to(word, known).map(name -> ". Did you mean " + name + "?").orElse("");
  }

  /** Reads rows as they stand. */
  public ExampleReader(Format format) {
    this(ReadOptions.standard(), format, Map.of(), Map.of());
  }

  /** As the settings say. */
  public static ExampleReader of(DataSettings settings) {
    boolean repair = settings.badRows() == BadRows.REPAIR;
    return new ExampleReader(
        new ReadOptions(repair, settings.header(), Optional.empty()),
        settings.format(),
        settings.columns(),
        settings.roles());
  }

  /** Takes rows in the order of the file. */
  public interface Sink {
    /**
     * @param usual whether the row's columns have the usual names of its format
     */
    void row(Row row, Format format, boolean usual);

    /** A row that cannot be used. */
    void refused(Refusal refusal);
  }

  /**
   * Reads a file.
   *
   * @throws LuthierException the file is missing, unreadable, not UTF-8 text, or broken in such a
   *     way that rows cannot be told apart
   */
  public void read(Path file, Sink sink) {
    RowParser parser = new RowParser(format, columns, roles, options.repair());
    new RowFile(file)
        .read(
            options,
            new RowSink() {
              @Override
              public void row(int number, Map<String, @Nullable Object> row) {
                parse(parser, file, number, row, sink);
              }

              @Override
              public void unreadable(int number, String reason, String hint, String text) {
                sink.refused(new Refusal(file.toString(), number, reason, hint, text));
              }
            });
  }

  private static void parse(
      RowParser parser, Path file, int number, Map<String, @Nullable Object> columns, Sink sink) {
    RowParser.Parsed parsed;
    try {
      parsed = parser.read(columns);
    } catch (RowRefused e) {
      sink.refused(e.at(file.toString(), number, RowText.of(columns)));
      return;
    }
    sink.row(
        new Row(number, parsed.example(), columns, parsed.repairs()),
        parsed.shape().format(),
        parsed.shape().usual());
  }

  /**
   * Reads one row of which the columns have the usual names.
   *
   * @throws RowRefused it is of no known format
   */
  public static Example example(Map<String, @Nullable Object> columns) {
    return new RowParser(Format.AUTO).parse(columns);
  }

  /** Reads a file whole and recognises its columns. */
  public static DataFile read(Path path) {
    return read(path, Format.AUTO);
  }

  /**
   * Reads a file whole.
   *
   * @param format what the rows must be; {@link Format#AUTO} recognises each
   * @throws LuthierException as {@link #read(Path, Sink)}, and when there is no row
   */
  public static DataFile read(Path path, Format format) {
    List<Row> rows = new ArrayList<>();
    List<Refusal> refused = new ArrayList<>();
    new ExampleReader(format)
        .read(
            path,
            new Sink() {
              @Override
              public void row(Row row, Format found, boolean usual) {
                rows.add(row);
              }

              @Override
              public void refused(Refusal refusal) {
                refused.add(refusal);
              }
            });
    DataFile file = new DataFile(path, rows, refused, Hashes.sha256(path));
    if (file.total() == 0) {
      throw new LuthierException("Expected rows in " + path + ", found none.");
    }
    return file;
  }
}
