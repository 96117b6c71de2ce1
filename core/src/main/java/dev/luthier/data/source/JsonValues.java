package dev.luthier.data.source;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The values of one row of JSON, with an eye on names that stand twice in one object. */
final class JsonValues {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Optional<String> repeated = Optional.empty();

  /** The first name that stood twice in one object. */
  Optional<String> repeated() {
    return repeated;
  }

  /** The value that the parser has come to. */
  @Nullable Object read(JsonParser json) throws IOException {
    return switch (json.currentToken()) {
      case START_OBJECT -> {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          String name = json.currentName();
          json.nextToken();
          field(object, name, json);
        }
        yield object;
      }
      case START_ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
          list.add(read(json));
        }
        yield list;
      }
      case VALUE_STRING -> json.getText();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> json.getNumberValue();
    };
  }

  /** Puts the value that the parser has come to under a name. */
  void field(Map<String, @Nullable Object> object, String name, JsonParser json)
      throws IOException {
    if (object.containsKey(name) && repeated.isEmpty()) {
      repeated = Optional.of(name);
    }
    object.put(name, read(json));
  }

  /** A value as JSON, cut after {@link RowSink#MOST_TEXT} characters. */
  static String text(@Nullable Object value) {
    String text;
    try {
      text = JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      text = String.valueOf(value); // nested deeper than may be written
    }
    return text.substring(0, Math.min(text.length(), RowSink.MOST_TEXT));
  }
}
