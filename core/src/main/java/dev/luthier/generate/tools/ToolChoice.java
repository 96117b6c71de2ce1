package dev.luthier.generate.tools;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;

/**
 * Whether the model is to call something.
 *
 * @param function the name for {@link Kind#FUNCTION}, else empty
 */
public record ToolChoice(Kind kind, String function) {
  /** How much is left to the model. */
  public enum Kind {
    /** It answers in words. */
    NONE,
    /** It may call. */
    AUTO,
    /** It calls one of them. */
    REQUIRED,
    /** It calls this one. */
    FUNCTION
  }

  /** Left to the model. */
  public static final ToolChoice AUTO = new ToolChoice(Kind.AUTO, "");

  /**
   * Reads OpenAI's {@code tool_choice}; missing and null are {@link #AUTO}.
   *
   * @throws LuthierException if it is of no known form
   */
  public static ToolChoice read(JsonNode choice) {
    if (choice.isMissingNode() || choice.isNull()) {
      return AUTO;
    }
    String name = choice.path("function").path("name").asText();
    if (choice.isObject() && !name.isEmpty()) {
      return new ToolChoice(Kind.FUNCTION, name);
    }
    return switch (choice.asText()) {
      case "none" -> new ToolChoice(Kind.NONE, "");
      case "auto" -> AUTO;
      case "required" -> new ToolChoice(Kind.REQUIRED, "");
      default ->
          throw new LuthierException(
              "tool_choice is "
                  + choice
                  + "; use \"none\", \"auto\", \"required\" or {\"type\": \"function\","
                  + " \"function\": {\"name\": ...}}");
    };
  }
}
