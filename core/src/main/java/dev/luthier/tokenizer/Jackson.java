package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Reading of the small JSON files beside a tokenizer. */
final class Jackson {
  static final JsonMapper MAPPER = JsonMapper.builder().build();

  private Jackson() {}

  /** The file's content, or empty when there is no such file. */
  static Optional<JsonNode> readIfThere(Path file) {
    return Json.readIfThere(file).map(object -> object);
  }

  static LuthierException unreadable(Path file, IOException e) {
    return new LuthierException(file + " cannot be read: " + e.getMessage(), e);
  }
}
