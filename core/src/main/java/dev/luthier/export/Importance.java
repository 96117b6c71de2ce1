package dev.luthier.export;

import dev.luthier.format.GgufValue;
import dev.luthier.format.ImportanceMatrix;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How much each column of a model's matrices matters while they are rounded.
 *
 * @param columns by GGUF's names, expert after expert where matrices are stacked; empty for none
 * @param metadata what a file says that was made with it
 */
public record Importance(Map<String, float[]> columns, Map<String, GgufValue> metadata) {
  /** All columns are alike. */
  public static final Importance NONE = of(Map.of());

  private static final String KEY = "quantize.imatrix.";

  /** Copies the maps. */
  public Importance {
    columns = Map.copyOf(columns);
    metadata = Map.copyOf(metadata);
  }

  static Importance of(Map<String, float[]> columns) {
    return new Importance(columns, Map.of());
  }

  /** A file of {@code luthier imatrix} or {@code llama-imatrix}. */
  public static Importance read(Path file) {
    ImportanceMatrix matrix = ImportanceMatrix.read(file);
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    // llama.cpp writes the whole path; where a file lies is nobody's business.
    metadata.put(KEY + "file", GgufValue.of(String.valueOf(file.getFileName())));
    if (!matrix.datasets().isEmpty()) {
      metadata.put(KEY + "dataset", GgufValue.of(matrix.datasets().get(0)));
    }
    metadata.put(KEY + "entries_count", GgufValue.uint32(matrix.entries().size()));
    if (matrix.chunks() > 0) {
      metadata.put(KEY + "chunks_count", GgufValue.uint32(matrix.chunks()));
    }
    return new Importance(matrix.means(), metadata);
  }

  boolean isNone() {
    return columns.isEmpty();
  }
}
