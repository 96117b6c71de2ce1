package dev.luthier.data.source;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes the rows of a file in their order. What it throws ends the reading. */
public interface RowSink {
  /** So much of an unreadable row is handed over at most: bytes or characters. */
  int MOST_TEXT = 1 << 20;

  /**
   * @param number 1-based: the line of a JSONL file, the element of a JSON array, the record of a
   *     table (its header not counted), the document of a text file
   * @param columns by name: String, Number, Boolean, List, Map or null, as JSON has them
   */
  void row(int number, Map<String, @Nullable Object> columns);

  /**
   * A row that is there and cannot be read.
   *
   * @param reason what was expected and found
   * @param hint what to do about it; may be empty
   * @param text how it stands in the file, cut after {@link #MOST_TEXT}
   */
  void unreadable(int number, String reason, String hint, String text);
}
