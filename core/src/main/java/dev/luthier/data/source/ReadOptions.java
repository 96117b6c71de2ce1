package dev.luthier.data.source;

import java.util.Optional;

/**
 * How files are read.
 *
 * @param repair whether small faults of syntax are mended: trailing commas, single quotes,
 *     comments, raw line breaks in strings of JSON; missing or surplus empty cells of CSV
 * @param header whether a CSV or TSV file's first record names its columns; without, they are
 *     {@code column1}, {@code column2}, ...
 * @param query SQL over the file instead of all its rows; the file is the table {@code data}
 */
public record ReadOptions(boolean repair, boolean header, Optional<String> query) {
  /** Every row as it stands; tables have a header. */
  public static ReadOptions standard() {
    return new ReadOptions(false, true, Optional.empty());
  }

  /** The same with repairs. */
  public ReadOptions repairing() {
    return new ReadOptions(true, header, query);
  }
}
