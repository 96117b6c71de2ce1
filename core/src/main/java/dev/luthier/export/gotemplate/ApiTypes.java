package dev.luthier.export.gotemplate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The types of Ollama's API that templates meet: {@code Message}, {@code ToolCall}, {@code Tool}.
 * Those with a {@code String} method print JSON, as Go's encoder writes it.
 */
final class ApiTypes {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ApiTypes() {}

  static GoStruct message(Map<String, ?> message) {
    JsonNode json = JSON.valueToTree(message);
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("Role", json.path("role").asText());
    fields.put("Content", json.path("content").asText(""));
    fields.put("Thinking", json.path("thinking").asText(""));
    fields.put("Images", List.of());
    List<GoStruct> calls = new ArrayList<>();
    for (JsonNode call : json.path("tool_calls")) {
      calls.add(call(call, calls.size()));
    }
    fields.put("ToolCalls", calls);
    fields.put("ToolName", json.path("tool_name").asText(json.path("name").asText("")));
    fields.put("ToolCallID", json.path("tool_call_id").asText(""));
    return new GoStruct("*api.Message", fields, null, marshal(json), false);
  }

  private static GoStruct call(JsonNode call, int index) {
    JsonNode function = call.path("function");
    JsonNode arguments = parsed(function.path("arguments"));
    ObjectNode json = JSON.createObjectNode();
    json.putObject("function")
        .put("name", function.path("name").asText())
        .set("arguments", arguments);
    Map<String, @Nullable Object> inner = new LinkedHashMap<>();
    inner.put("Index", (long) index);
    inner.put("Name", function.path("name").asText());
    inner.put("Arguments", struct("api.ToolCallFunctionArguments", arguments));
    GoStruct named =
        new GoStruct("api.ToolCallFunction", inner, null, marshal(json.path("function")), false);
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("ID", call.path("id").asText(""));
    fields.put("Function", named);
    return new GoStruct("api.ToolCall", fields, null, marshal(json), true);
  }

  /** OpenAI's arguments are JSON in a string. */
  private static JsonNode parsed(JsonNode arguments) {
    if (!arguments.isTextual()) {
      return arguments;
    }
    try {
      return JSON.readTree(arguments.asText());
    } catch (JsonProcessingException e) {
      return arguments;
    }
  }

  /** A type that prints JSON and has no fields that templates use. */
  private static GoStruct struct(String type, JsonNode json) {
    return new GoStruct(type, Map.of(), null, marshal(json), true);
  }

  static GoStruct tools(List<?> tools) {
    List<GoStruct> items = new ArrayList<>();
    ArrayNode all = JSON.createArrayNode();
    for (Object tool : tools) {
      JsonNode json = JSON.valueToTree(tool);
      all.add(ordered(json));
      Map<String, @Nullable Object> fields = new LinkedHashMap<>();
      fields.put("Type", json.path("type").asText("function"));
      fields.put("Function", function(json.path("function")));
      items.add(new GoStruct("api.Tool", fields, null, marshal(ordered(json)), true));
    }
    return new GoStruct("api.Tools", Map.of(), items, marshal(all), true);
  }

  private static GoStruct function(JsonNode function) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("Name", function.path("name").asText());
    fields.put("Description", function.path("description").asText(""));
    fields.put(
        "Parameters", struct("api.ToolFunctionParameters", ordered(function.path("parameters"))));
    return new GoStruct("api.ToolFunction", fields, null, marshal(ordered(function)), true);
  }

  /** A tool's keys in the order of the API's structs; those of properties by name. */
  private static JsonNode ordered(JsonNode json) {
    if (!json.isObject()) {
      return json;
    }
    ObjectNode out = JSON.createObjectNode();
    List<String> first =
        List.of("type", "function", "name", "description", "$defs", "items", "required", "enum");
    Map<String, JsonNode> rest = new TreeMap<>();
    json.fields().forEachRemaining(e -> rest.put(e.getKey(), ordered(e.getValue())));
    for (String key : first) {
      JsonNode value = rest.remove(key);
      if (value != null) {
        out.set(key, value);
      }
    }
    rest.forEach(out::set);
    return out;
  }

  /** As Go's encoder writes it: no spaces; {@code <}, {@code >}, {@code &} as escapes. */
  static String marshal(JsonNode json) {
    try {
      return JSON.writeValueAsString(json)
          .replace("<", "\\u003c")
          .replace(">", "\\u003e")
          .replace("&", "\\u0026")
          .replace("\u2028", "\\u2028")
          .replace("\u2029", "\\u2029");
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(String.valueOf(e.getMessage()), e);
    }
  }
}
