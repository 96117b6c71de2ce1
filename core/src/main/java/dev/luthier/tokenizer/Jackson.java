package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Reading of the small JSON files beside a tokenizer. */
final class Jackson {
  static final JsonMapper MAPPER = JsonMapper.builder().build();

  private Jackson() {}

  /** The file's content, or empty when there is no such file. */
  static Optional<JsonNode> readIfThere(Path file) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      JsonNode root = MAPPER.readTree(Files.readString(file));
      if (!root.isObject()) {
        throw new IOException("expected a JSON object, found " + root.getNodeType());
      }
      return Optional.of(root);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  static LuthierException unreadable(Path file, IOException e) {
    return new LuthierException(file + " cannot be read: " + e.getMessage(), e);
  }
}
