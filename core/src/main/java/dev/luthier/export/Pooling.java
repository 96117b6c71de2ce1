package dev.luthier.export;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.format.GgufValue;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How a sentence-transformers folder makes one vector of a text's hidden states: {@code
 * 1_Pooling/config.json}.
 */
final class Pooling {
  /** What sentence-transformers can, by llama.cpp's numbers from 1; it has no others. */
  private static final List<String> MODES =
      List.of("pooling_mode_mean_tokens", "pooling_mode_cls_token", "pooling_mode_lasttoken");

  private Pooling() {}

  /**
   * The value of {@code pooling_type}.
   *
   * @param notes hears of a way that llama.cpp does not have
   */
  static Optional<GgufValue> of(Path model, List<String> notes) {
    Path file = model.resolve("1_Pooling").resolve("config.json");
    if (HfFolder.kind(model) == HfFolder.Kind.GGUF || !Files.exists(file)) {
      return Optional.empty();
    }
    JsonNode config = Json.read(file);
    List<String> on = MODES.stream().filter(mode -> config.path(mode).asBoolean()).toList();
    boolean others =
        config.properties().stream()
            .anyMatch(
                e ->
                    e.getKey().startsWith("pooling_mode_")
                        && e.getValue().asBoolean()
                        && !MODES.contains(e.getKey()));
    if (on.size() != 1 || others) {
      notes.add(
          file
              + " pools in a way that llama.cpp does not have: the file says nothing of it, so tell"
              + " llama.cpp what to do (--pooling)");
      return Optional.empty();
    }
    return Optional.of(GgufValue.uint32(MODES.indexOf(on.get(0)) + 1));
  }
}
