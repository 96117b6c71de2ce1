package dev.luthier.data;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An example and where it stands in its file.
 *
 * @param number 1-based: the line of a JSONL file, the element of a JSON array, the record of a
 *     table, the document of a text file; what reports and errors call the row
 * @param columns the row as it stood in the file
 * @param repairs what was changed to make it readable, in words; empty unless repairs were asked
 *     for
 */
public record Row(
    int number, Example example, Map<String, @Nullable Object> columns, List<String> repairs) {
  public Row {
    repairs = List.copyOf(repairs);
  }

  /** A row of which nothing else is known. */
  public Row(int number, Example example) {
    this(number, example, Map.of(), List.of());
  }
}
