package dev.luthier.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.Example.Chat;
import dev.luthier.data.Example.Instruction;
import dev.luthier.data.Example.PromptCompletion;
import dev.luthier.data.Example.Text;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Recognises what a row is by its columns, or reads it as the declared format. */
final class RowParser {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Format declared;

  RowParser(Format declared) {
    this.declared = declared;
  }

  /**
   * @throws RowRefused the row is not of the format, or of none
   */
  Example parse(Map<String, @Nullable Object> row) {
    return switch (declared == Format.AUTO ? recognise(row) : declared) {
      case MESSAGES -> messages(row);
      case PROMPT_COMPLETION -> promptCompletion(row);
      case ALPACA -> alpaca(row);
      case TEXT -> new Text(string(row, "text"));
      case AUTO -> throw new IllegalStateException("not recognised");
    };
  }

  private static Format recognise(Map<String, @Nullable Object> row) {
    if (row.containsKey("messages")) {
      return Format.MESSAGES;
    }
    if (row.containsKey("prompt") && row.containsKey("completion")) {
      return Format.PROMPT_COMPLETION;
    }
    if (row.containsKey("instruction") && row.containsKey("output")) {
      return Format.ALPACA;
    }
    if (row.containsKey("text")) {
      return Format.TEXT;
    }
    throw new RowRefused(
        "expected the columns messages, or prompt and completion, or instruction and output, or"
            + " text; found "
            + (row.isEmpty() ? "none" : String.join(", ", row.keySet())));
  }

  private static Chat messages(Map<String, @Nullable Object> row) {
    return new Chat(messageList(row, "messages"), tools(row), 0);
  }

  private static Example promptCompletion(Map<String, @Nullable Object> row) {
    if (row.get("prompt") instanceof List<?> || row.get("completion") instanceof List<?>) {
      List<Map<String, @Nullable Object>> all = new ArrayList<>(messageList(row, "prompt"));
      int trainFrom = all.size();
      all.addAll(messageList(row, "completion"));
      return new Chat(all, tools(row), trainFrom);
    }
    return new PromptCompletion(string(row, "prompt"), string(row, "completion"));
  }

  private static Instruction alpaca(Map<String, @Nullable Object> row) {
    List<Instruction.Exchange> history = new ArrayList<>();
    if (row.get("history") instanceof List<?> earlier) {
      for (Object exchange : earlier) {
        if (exchange instanceof List<?> pair
            && pair.size() == 2
            && pair.get(0) instanceof String user
            && pair.get(1) instanceof String answer) {
          history.add(new Instruction.Exchange(user, answer));
        } else {
          throw new RowRefused("history: expected a list of [question, answer] pairs of strings");
        }
      }
    } else if (row.get("history") != null) {
      throw new RowRefused("history: expected a list of [question, answer] pairs of strings");
    }
    return new Instruction(
        string(row, "instruction"),
        optionalString(row, "input"),
        string(row, "output"),
        optionalString(row, "system"),
        history);
  }

  private static List<Map<String, @Nullable Object>> messageList(
      Map<String, @Nullable Object> row, String column) {
    if (!(row.get(column) instanceof List<?> list)) {
      throw new RowRefused(
          column + ": expected a list of messages, found " + describe(row.get(column)));
    }
    if (list.isEmpty()) {
      throw new RowRefused(column + ": expected at least one message, found none");
    }
    List<Map<String, @Nullable Object>> messages = new ArrayList<>();
    for (Object item : list) {
      messages.add(message(item, column + "[" + messages.size() + "]"));
    }
    return messages;
  }

  private static Map<String, @Nullable Object> message(@Nullable Object item, String where) {
    if (!(item instanceof Map<?, ?> map)) {
      throw new RowRefused(
          where + ": expected an object with role and content, found " + describe(item));
    }
    if (!(map.get("role") instanceof String role) || role.isBlank()) {
      throw new RowRefused(
          where
              + ": expected a role (system, user, assistant, tool), found "
              + (map.containsKey("from")
                  ? "\"from\", as ShareGPT files have it: rename from to role and value to content"
                  : describe(map.get("role"))));
    }
    boolean saysSomething =
        map.get("content") instanceof String
            || map.get("content") instanceof List<?>
            || map.get("tool_calls") instanceof List<?>;
    if (!saysSomething) {
      throw new RowRefused(
          where
              + " ("
              + role
              + "): expected content (a string, or a list of parts) or tool_calls, found content "
              + describe(map.get("content")));
    }
    Map<String, @Nullable Object> message = new LinkedHashMap<>();
    map.forEach((key, value) -> message.put(String.valueOf(key), value));
    return message;
  }

  /** Tool declarations: a list, or, as Arrow files need it, a string of JSON that holds one. */
  private static List<Object> tools(Map<String, @Nullable Object> row) {
    Object tools = row.get("tools");
    if (tools == null) {
      return List.of();
    }
    if (tools instanceof String text) {
      if (text.isBlank()) {
        return List.of();
      }
      try {
        tools = JSON.readValue(text, Object.class);
      } catch (JsonProcessingException e) {
        throw new RowRefused("tools: expected a JSON list, found " + describe(text));
      }
    }
    if (!(tools instanceof List<?> list)) {
      throw new RowRefused("tools: expected a list, found " + describe(tools));
    }
    List<Object> result = new ArrayList<>();
    for (Object tool : list) {
      if (!(tool instanceof Map<?, ?>)) {
        throw new RowRefused("tools: expected a list of objects, found " + describe(tool));
      }
      result.add(tool);
    }
    return result;
  }

  private static String string(Map<String, @Nullable Object> row, String column) {
    if (row.get(column) instanceof String value) {
      return value;
    }
    throw new RowRefused(column + ": expected a string, found " + describe(row, column));
  }

  private static String optionalString(Map<String, @Nullable Object> row, String column) {
    return row.get(column) == null ? "" : string(row, column);
  }

  private static String describe(Map<String, @Nullable Object> row, String column) {
    return row.containsKey(column) ? describe(row.get(column)) : "no such column";
  }

  static String describe(@Nullable Object value) {
    if (value == null) {
      return "null";
    }
    if (value instanceof Map<?, ?>) {
      return "an object";
    }
    if (value instanceof List<?>) {
      return "a list";
    }
    String text = value.toString();
    return value instanceof String
        ? "\"" + (text.length() > 40 ? text.substring(0, 40) + "..." : text) + "\""
        : text;
  }
}
