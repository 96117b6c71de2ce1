package dev.luthier.data.prepared;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.Hashes;
import dev.luthier.format.Json;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Manifests to {@code manifest.json} and back. */
final class ManifestJson {
  static final String FILE = "manifest.json";
  static final String FORMAT = "luthier-prepared-set";
  private static final int VERSION = 1;

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .enable(SerializationFeature.WRITE_ENUMS_USING_TO_STRING)
          .enable(DeserializationFeature.READ_ENUMS_USING_TO_STRING)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  private ManifestJson() {}

  static ObjectNode of(Manifest manifest) {
    ObjectNode json = Json.object();
    json.put("format", FORMAT).put("version", VERSION).put("hash", hash(manifest));
    json.setAll(MAPPER.<ObjectNode>valueToTree(manifest));
    return json;
  }

  static String hash(Manifest manifest) {
    Map<String, String> files = new TreeMap<>();
    manifest
        .splits()
        .values()
        .forEach(split -> split.files().forEach((name, file) -> files.put(name, file.sha256())));
    Map<String, Object> content =
        Map.of("format", FORMAT, "version", VERSION, "about", manifest.about(), "files", files);
    try {
      // through a tree of maps, for a record's fields are not sorted
      Object plain = MAPPER.convertValue(content, Object.class);
      return Hashes.text(MAPPER.writeValueAsString(plain));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("settings that are not JSON", e);
    }
  }

  /** Whether an object is a manifest, of whatever version. */
  static boolean isOne(JsonNode json) {
    return FORMAT.equals(json.path("format").asText());
  }

  /**
   * Reads a manifest and checks it against its own hash.
   *
   * @throws LuthierException it is none, of another version, or was changed
   */
  static Manifest read(Path file) {
    ObjectNode json = Json.read(file);
    if (!isOne(json)) {
      throw new LuthierException(file + " is not the manifest of a prepared set");
    }
    if (json.path("version").asInt() != VERSION) {
      throw new LuthierException(
          file
              + " is of version "
              + json.path("version")
              + "; this Luthier reads version "
              + VERSION
              + ". Prepare the set again with luthier data prepare.");
    }
    String hash = json.path("hash").asText();
    json.remove("format");
    json.remove("version");
    json.remove("hash");
    Manifest manifest;
    try {
      manifest = MAPPER.treeToValue(json, Manifest.class);
    } catch (JsonProcessingException e) {
      throw new LuthierException(file + ": " + e.getOriginalMessage(), e);
    }
    if (!manifest.hash().equals(hash)) {
      throw new LuthierException(
          file
              + " says that the set's hash is "
              + hash
              + ", but its content gives "
              + manifest.hash()
              + ": it was changed. Prepare the set again.");
    }
    return manifest;
  }
}
