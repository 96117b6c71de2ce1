package dev.luthier.data.prepare;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * {@code dropped.jsonl}: every row that was left out, as {@code {"file", "row", "stage", "reason",
 * "text"}}.
 */
final class DroppedFile implements AutoCloseable {
  /** Its name in the set's folder. */
  static final String NAME = "dropped.jsonl";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final OutputStream out;

  DroppedFile(Path file) throws IOException {
    this.out = new BufferedOutputStream(Files.newOutputStream(file));
  }

  void add(String file, int row, String stage, String reason, String text) throws IOException {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("file", file);
    line.put("row", row);
    line.put("stage", stage);
    line.put("reason", reason);
    line.put("text", text);
    // by way of a string, for a text may hold half of a surrogate pair
    out.write((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
