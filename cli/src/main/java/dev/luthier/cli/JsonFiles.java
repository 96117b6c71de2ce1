package dev.luthier.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.luthier.LuthierException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the JSON files that flags name. */
final class JsonFiles {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private JsonFiles() {}

  /**
   * Returns a file's list of objects; an object that holds the list under {@code key} will do.
   *
   * @throws LuthierException when the file holds anything else
   */
  @SuppressWarnings("unchecked") // each element is checked to be an object
  static List<Map<String, ?>> objects(Path file, String key) {
    Object value = value(file);
    if (value instanceof Map<?, ?> map && map.containsKey(key)) {
      value = map.get(key);
    }
    if (!(value instanceof List<?> list) || !list.stream().allMatch(Map.class::isInstance)) {
      throw new LuthierException(
          file
              + ": expected a JSON list of objects, or an object with such a list as \""
              + key
              + "\"");
    }
    return (List<Map<String, ?>>) list;
  }

  /**
   * Returns a file's object; a list alone counts as an object that holds it under {@code key}.
   *
   * @throws LuthierException when the file holds anything else
   */
  static Map<String, ?> objectOrList(Path file, String key) {
    Object value = value(file);
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> object = new LinkedHashMap<>();
      map.forEach((name, entry) -> object.put(String.valueOf(name), entry));
      return object;
    }
    if (value instanceof List<?>) {
      return Map.of(key, value);
    }
    throw new LuthierException(file + ": expected a JSON object or list");
  }

  private static Object value(Path file) {
    try {
      return JSON.readValue(TextFiles.read(file), Object.class);
    } catch (JsonProcessingException e) {
      throw new LuthierException(
          file
              + ", line "
              + (e.getLocation() == null ? "?" : e.getLocation().getLineNr())
              + ": is not JSON: "
              + e.getOriginalMessage(),
          e);
    }
  }
}
