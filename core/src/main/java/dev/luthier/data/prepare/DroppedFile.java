package dev.luthier.data.prepare;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.luthier.data.Refusal;
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
 * "hint", "text"}}.
 */
final class DroppedFile implements AutoCloseable {
  /** Its name in the set's folder. */
  static final String NAME = "dropped.jsonl";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final OutputStream out;

  DroppedFile(Path file) throws IOException {
    this.out = new BufferedOutputStream(Files.newOutputStream(file));
  }

  void add(Stages stage, Refusal row) throws IOException {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("file", row.file());
    line.put("row", row.row());
    line.put("stage", stage.toString());
    line.put("reason", row.reason());
    line.put("hint", row.hint());
    line.put("text", row.text());
    // by way of a string, for a text may hold half of a surrogate pair
    out.write((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
