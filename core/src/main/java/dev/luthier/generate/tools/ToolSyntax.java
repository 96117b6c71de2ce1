package dev.luthier.generate.tools;

import dev.luthier.LuthierException;
import dev.luthier.tokenizer.ChatEncoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How a family of models writes calls. */
public enum ToolSyntax {
  /**
   * Hermes, Qwen: {@code <tool_call>\n{"name": "f", "arguments": {...}}\n</tool_call>}, any number
   * of times.
   */
  TAGGED,

  /**
   * Llama 3.1 and later: the answer is {@code {"name": "f", "parameters": {...}}}, or stands behind
   * {@code <|python_tag|>}.
   */
  LLAMA,

  /** Mistral: {@code [TOOL_CALLS] [{"name": "f", "arguments": {...}}, ...]}. */
  MISTRAL,

  /** Mistral's later ones: {@code [TOOL_CALLS]f[ARGS]{...}}, any number of times. */
  MISTRAL_NAMED,

  /** The same with a name for the call: {@code [TOOL_CALLS]f[CALL_ID]a1b2c3d4e[ARGS]{...}}. */
  MISTRAL_NUMBERED,

  /** Of no known family: the answer is {@code {"name": "f", "arguments": {...}}}. */
  PLAIN;

  private static final String FUNCTION = "fetch_xylophone";

  /** The markers, the opening one first, which may be special tokens of the tokenizer. */
  List<String> markers() {
    return switch (this) {
      case TAGGED -> List.of("<tool_call>", "</tool_call>");
      case LLAMA -> List.of("<|python_tag|>");
      case MISTRAL -> List.of("[TOOL_CALLS]");
      case MISTRAL_NAMED -> List.of("[TOOL_CALLS]", "[ARGS]");
      case MISTRAL_NUMBERED -> List.of("[TOOL_CALLS]", "[CALL_ID]", "[ARGS]");
      case PLAIN -> List.of();
    };
  }

  /** What the object with the arguments is called. */
  String argumentsKey() {
    return this == LLAMA ? "parameters" : "arguments";
  }

  /** The one that the template asks for, and writes a call from before in. */
  public static ToolSyntax of(ChatEncoder chat) {
    String text = probe(chat);
    int at = Math.max(0, text.lastIndexOf(FUNCTION));
    String call = text.substring(Math.max(0, at - 80));
    if (text.contains("[TOOL_CALLS]")) {
      return !call.contains("[ARGS]")
          ? MISTRAL
          : call.contains("[CALL_ID]") ? MISTRAL_NUMBERED : MISTRAL_NAMED;
    }
    if (text.contains("<tool_call>")) {
      return text.contains("<function=") || text.contains("<arg_key>") ? PLAIN : TAGGED;
    }
    return text.contains("\"name\": \"" + FUNCTION + "\", \"parameters\": {\"pitch\"")
        ? LLAMA
        : PLAIN;
  }

  /** A conversation with a tool and a call of it, in the fullest form that the template takes. */
  private static String probe(ChatEncoder chat) {
    StringBuilder all = new StringBuilder();
    for (Object arguments : List.of(Map.of("pitch", "high"), "{\"pitch\": \"high\"}")) {
      for (boolean withCall : new boolean[] {false, true}) {
        try {
          all.append(chat.render(messages(withCall, arguments), List.of(tool()), false).text());
        } catch (LuthierException refused) {
          // it wants another form, or takes no tools
        }
      }
    }
    return all.toString();
  }

  private static Map<String, Object> tool() {
    Map<String, Object> pitch = Map.of("type", "string", "description", "How high");
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("type", "object");
    parameters.put("properties", Map.of("pitch", pitch));
    parameters.put("required", List.of("pitch"));
    Map<String, Object> function = new LinkedHashMap<>();
    function.put("name", FUNCTION);
    function.put("description", "Fetches one");
    function.put("parameters", parameters);
    Map<String, Object> tool = new LinkedHashMap<>();
    tool.put("type", "function");
    tool.put("function", function);
    return tool;
  }

  private static List<Map<String, @Nullable Object>> messages(boolean withCall, Object arguments) {
    List<Map<String, @Nullable Object>> messages = new ArrayList<>();
    messages.add(message("user", "Fetch it"));
    if (withCall) {
      Map<String, Object> function = new LinkedHashMap<>();
      function.put("name", FUNCTION);
      function.put("arguments", arguments);
      Map<String, Object> call = new LinkedHashMap<>();
      call.put("id", "a1b2c3d4e");
      call.put("type", "function");
      call.put("function", function);
      Map<String, @Nullable Object> answer = message("assistant", "");
      answer.put("tool_calls", List.of(call));
      messages.add(answer);
      Map<String, @Nullable Object> result = message("tool", "done");
      result.put("tool_call_id", "a1b2c3d4e");
      result.put("name", FUNCTION);
      messages.add(result);
    }
    return messages;
  }

  private static Map<String, @Nullable Object> message(String role, String content) {
    Map<String, @Nullable Object> message = new LinkedHashMap<>();
    message.put("role", role);
    message.put("content", content);
    return message;
  }
}
