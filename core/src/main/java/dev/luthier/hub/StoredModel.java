package dev.luthier.hub;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Whether a folder that others filled is a model that can be loaded. */
final class StoredModel {
  private static final List<String> WEIGHTS =
      List.of(
          "model.safetensors",
          "adapter_model.safetensors",
          "pytorch_model.bin",
          "adapter_model.bin");

  private StoredModel() {}

  /** Whether there are a configuration and all weights, in one file or in shards. */
  static boolean isWhole(Path folder) {
    HfFolder.Kind kind = HfFolder.kind(folder);
    return (kind == HfFolder.Kind.MODEL || kind == HfFolder.Kind.ADAPTER)
        && WEIGHTS.stream().anyMatch(name -> has(folder, name));
  }

  private static boolean has(Path folder, String name) {
    if (Files.exists(folder.resolve(name))) {
      return true;
    }
    Path index = folder.resolve(name + ".index.json");
    if (!Files.exists(index)) {
      return false;
    }
    JsonNode shards = Json.read(index).path("weight_map");
    for (JsonNode shard : shards) {
      if (!Files.exists(folder.resolve(shard.asText()))) {
        return false;
      }
    }
    return !shards.isEmpty();
  }
}
