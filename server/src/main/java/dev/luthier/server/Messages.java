package dev.luthier.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.tokenizer.ChatEncoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A conversation in OpenAI's form, as the model's chat template takes it: arguments of tool calls
 * are objects there, as in training, where OpenAI's are strings of JSON.
 */
final class Messages {
  private static final Set<String> ROLES =
      Set.of("system", "developer", "user", "assistant", "tool", "function");

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Fields request;

  Messages(Fields request) {
    this.request = request;
  }

  /**
   * The text that asks for the assistant's next turn.
   *
   * @param tools what the model may call, in OpenAI's form
   * @throws ApiException 400 when the conversation is malformed, or the template refuses it
   */
  String render(ModelLanguage language, List<Object> tools, boolean addGenerationPrompt) {
    ChatEncoder chat =
        language
            .chat()
            .orElseThrow(
                () ->
                    ApiException.invalid(
                        "messages",
                        "the model has no chat template; /v1/completions continues a text. See"
                            + " docs/troubleshooting.md#serve-template"));
    try {
      return chat.render(read(), tools, addGenerationPrompt).text();
    } catch (LuthierException e) {
      throw ApiException.invalid(
          "messages", "the model's chat template refuses the conversation: " + e.getMessage());
    }
  }

  private List<Map<String, @Nullable Object>> read() {
    JsonNode messages = request.required("messages", "a list of messages");
    request.check(
        messages.isArray() && !messages.isEmpty(),
        "messages",
        messages,
        "a list of messages, at least one");
    List<Map<String, @Nullable Object>> read = new ArrayList<>();
    for (int i = 0; i < messages.size(); i++) {
      String at = "messages[" + i + "]";
      request.check(
          messages.get(i).isObject(), at, messages.get(i), "an object with role and content");
      read.add(message(new Fields((ObjectNode) messages.get(i), at + ".")));
    }
    return read;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, @Nullable Object> message(Fields message) {
    String role = message.text("role").orElse("");
    if (!ROLES.contains(role)) {
      throw ApiException.invalid(
          message.named("role"),
          message.named("role")
              + (role.isEmpty() ? " is missing" : " is " + JSON.getNodeFactory().textNode(role))
              + ": expected system, user, assistant or tool");
    }
    ObjectNode copy = message.json().deepCopy();
    // OpenAI's newer word; no template knows it.
    copy.put("role", role.equals("developer") ? "system" : role);
    content(message, role);
    message.node("tool_calls").ifPresent(calls -> calls(message, calls, copy));
    return (Map<String, @Nullable Object>) Body.plain(copy);
  }

  private static void content(Fields message, String role) {
    var content = message.node("content");
    if (content.isEmpty()) {
      boolean calls = role.equals("assistant") && message.node("tool_calls").isPresent();
      if (!calls) {
        message.required("content", "a string");
      }
      return;
    }
    JsonNode value = content.get();
    message.check(
        value.isTextual() || value.isArray(), "content", value, "a string or a list of text parts");
    for (int i = 0; i < value.size(); i++) {
      JsonNode part = value.get(i);
      boolean text = part.path("type").asText().equals("text") && part.path("text").isTextual();
      message.check(
          text,
          "content[" + i + "]",
          part,
          "{\"type\": \"text\", \"text\": ...}: this model reads text alone");
    }
  }

  private static void calls(Fields message, JsonNode calls, ObjectNode copy) {
    message.check(calls.isArray(), "tool_calls", calls, "a list of calls");
    for (int i = 0; i < calls.size(); i++) {
      String at = "tool_calls[" + i + "].function";
      JsonNode function = calls.get(i).path("function");
      message.check(
          function.isObject() && function.path("name").isTextual(),
          at,
          function,
          "an object with name and arguments");
      JsonNode arguments = function.path("arguments");
      if (arguments.isTextual()) {
        ((ObjectNode) copy.get("tool_calls").get(i).get("function"))
            .set("arguments", parsed(message, at + ".arguments", arguments));
      }
    }
  }

  private static JsonNode parsed(Fields message, String at, JsonNode arguments) {
    try {
      JsonNode parsed = JSON.readTree(arguments.textValue());
      message.check(parsed.isObject(), at, arguments, "a JSON object in a string");
      return parsed;
    } catch (JsonProcessingException e) {
      message.check(false, at, arguments, "a JSON object in a string");
      throw new IllegalStateException(e);
    }
  }

  /** The tools, as templates take them. */
  static List<Object> tools(Fields request) {
    List<Object> tools = new ArrayList<>();
    request
        .node("tools")
        .ifPresent(
            list -> {
              request.check(list.isArray(), "tools", list, "a list of functions");
              for (int i = 0; i < list.size(); i++) {
                JsonNode tool = list.get(i);
                boolean function =
                    tool.path("type").asText().equals("function")
                        && tool.path("function").path("name").isTextual();
                request.check(
                    function,
                    "tools[" + i + "]",
                    tool,
                    "{\"type\": \"function\", \"function\": {\"name\": ..., \"parameters\": ...}}");
                tools.add(new LinkedHashMap<>((Map<?, ?>) Body.plain(tool)));
              }
            });
    return tools;
  }
}
