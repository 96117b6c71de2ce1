package dev.luthier.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A row's columns as one line of JSON. */
public final class RowText {
  private static final ObjectMapper JSON = new ObjectMapper();

  private RowText() {}

  /** The line; of what is nested deeper than JSON may be, Java's words for it. */
  public static String of(Map<String, @Nullable Object> columns) {
    try {
      return JSON.writeValueAsString(columns);
    } catch (JsonProcessingException e) {
      return String.valueOf(columns);
    }
  }
}
