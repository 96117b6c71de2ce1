package dev.luthier.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.Set;

/** OpenAI's chat completions as JSON. */
final class ChatProtocol {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** What a choice's {@code finish_reason} is when its text is not whole. */
  private static final Set<String> CUT_OFF = Set.of("length", "content_filter");

  private ChatProtocol() {}

  /** The body that asks. */
  static String body(WriteRequest request, String model, String lengthField) {
    ObjectNode body = JSON.createObjectNode();
    body.put("model", model);
    for (Message message : request.messages()) {
      body.withArray("/messages")
          .addObject()
          .put("role", message.role())
          .put("content", message.content());
    }
    body.put(lengthField, request.maxTokens());
    body.put("temperature", request.temperature());
    body.put("top_p", request.topP());
    // Some servers read 32 bits.
    body.put("seed", request.seed() & Integer.MAX_VALUE);
    body.put("stream", false);
    return body.toString();
  }

  /**
   * Reads an answer.
   *
   * @return empty when it is no JSON, or has no choice with a message
   */
  static Optional<Reply> reply(String body) {
    JsonNode root;
    try {
      root = JSON.readTree(body);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
    JsonNode choice = root.path("choices").path(0);
    JsonNode content = choice.path("message").path("content");
    if (!content.isTextual() && !content.isNull()) {
      return Optional.empty();
    }
    return Optional.of(
        new Reply(
            content.asText(""),
            tokens(root, "prompt_tokens"),
            tokens(root, "completion_tokens"),
            CUT_OFF.contains(choice.path("finish_reason").asText())));
  }

  private static long tokens(JsonNode root, String what) {
    return Math.max(0, root.path("usage").path(what).asInt());
  }

  /** What an error's body says: its {@code error.message}, else its first line. */
  static String complaint(String body) {
    String said = body;
    try {
      JsonNode root = JSON.readTree(body);
      for (String at : new String[] {"/error/message", "/message", "/detail", "/error"}) {
        if (root.at(at).isTextual()) {
          said = root.at(at).asText();
          break;
        }
      }
    } catch (JsonProcessingException e) {
      // Proxies answer in HTML or in plain text: shown as it is.
    }
    return said.strip().lines().findFirst().orElse("(no text)");
  }
}
