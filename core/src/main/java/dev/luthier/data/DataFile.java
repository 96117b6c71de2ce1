package dev.luthier.data;

import java.nio.file.Path;
import java.util.List;

/**
 * The rows of one file.
 *
 * @param rows those that could be read, in order
 * @param refused those that could not, in order
 * @param sha256 of the file's bytes, 64 hexadecimal digits
 */
public record DataFile(Path path, List<Row> rows, List<Refusal> refused, String sha256) {
  public DataFile {
    rows = List.copyOf(rows);
    refused = List.copyOf(refused);
  }

  /** Rows read and refused together. */
  public int total() {
    return rows.size() + refused.size();
  }
}
