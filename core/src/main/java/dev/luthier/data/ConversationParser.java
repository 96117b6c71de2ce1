package dev.luthier.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.data.Example.Chat;
import dev.luthier.data.source.ValueText;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Messages in the ways that files have them, to the way that chat templates read them: {@code role}
 * of system, user, assistant or tool, and {@code content}.
 *
 * <p>ShareGPT's {@code from} and {@code value} are renamed; its {@code function_call} becomes an
 * assistant's message with {@code tool_calls}, its {@code observation} a tool's message with the
 * call's id. Messages that have a role already keep every key they have.
 */
final class ConversationParser {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Map<String, String> ROLES =
      Map.ofEntries(
          Map.entry("human", "user"),
          Map.entry("prompter", "user"),
          Map.entry("gpt", "assistant"),
          Map.entry("bot", "assistant"),
          Map.entry("model", "assistant"),
          Map.entry("chatgpt", "assistant"),
          Map.entry("bing", "assistant"),
          Map.entry("bard", "assistant"),
          Map.entry("observation", "tool"),
          Map.entry("tool_response", "tool"),
          Map.entry("function_response", "tool"));

  private static final Set<String> CALLS = Set.of("function_call", "tool_call");

  private final String roleKey;
  private final String contentKey;
  private final Map<String, String> roles;
  private final boolean repair;

  /**
   * @param roleKey the key of a message that says who speaks
   * @param contentKey the key of a message that says what
   * @param roles a role as the file has it to one of ours
   * @param repair whether conversations that break the rules are mended
   */
  ConversationParser(String roleKey, String contentKey, Map<String, String> roles, boolean repair) {
    this.roleKey = roleKey;
    this.contentKey = contentKey;
    this.roles = roles;
    this.repair = repair;
  }

  /** The row's conversation with its system prompt and tools. */
  Chat chat(Map<String, @Nullable Object> row, String column, List<String> repairs) {
    List<Map<String, @Nullable Object>> messages = withSystem(row, messages(row, column));
    if (repair) {
      messages = ConversationRepair.of(messages, repairs);
    }
    return new Chat(messages, tools(row), 0);
  }

  /** The messages behind the row's {@code system} column, where it has one and they do not. */
  List<Map<String, @Nullable Object>> withSystem(
      Map<String, @Nullable Object> row, List<Map<String, @Nullable Object>> messages) {
    Optional<String> system = Shape.system(row);
    if (system.isEmpty() || "system".equals(messages.get(0).get("role"))) {
      return messages;
    }
    List<Map<String, @Nullable Object>> all = new ArrayList<>();
    all.add(Chat.message("system", system.get()));
    all.addAll(messages);
    return all;
  }

  /** A column that holds one message, a list of them, or the assistant's words alone. */
  List<Map<String, @Nullable Object>> turns(Map<String, @Nullable Object> row, String column) {
    Object value = row.get(column);
    if (value instanceof String text) {
      return List.of(Chat.message("assistant", text));
    }
    if (value instanceof Map<?, ?>) {
      return new Reading(column).all(List.of(value));
    }
    return messages(row, column);
  }

  /**
   * @throws RowRefused it is no list of messages
   */
  List<Map<String, @Nullable Object>> messages(Map<String, @Nullable Object> row, String column) {
    Object value = row.get(column);
    if (value instanceof String text && text.startsWith("[")) {
      value = parsed(text, column); // a cell of a table
    }
    if (!(value instanceof List<?> list)) {
      throw new RowRefused(column + ": expected a list of messages, found " + ValueText.of(value));
    }
    if (list.isEmpty()) {
      throw new RowRefused(column + ": expected at least one message, found none");
    }
    return new Reading(column).all(list);
  }

  /** Reads one list; calls that have no ids get some, and answers those of their calls. */
  private final class Reading {
    private final String column;
    private final List<String> open = new ArrayList<>();
    private int calls;

    Reading(String column) {
      this.column = column;
    }

    List<Map<String, @Nullable Object>> all(List<?> list) {
      List<Map<String, @Nullable Object>> messages = new ArrayList<>();
      for (Object item : list) {
        String where = list.size() == 1 ? column : column + "[" + messages.size() + "]";
        messages.add(message(item, where));
      }
      return messages;
    }

    private Map<String, @Nullable Object> message(@Nullable Object item, String where) {
      if (!(item instanceof Map<?, ?> map)) {
        throw new RowRefused(
            where + ": expected an object with role and content, found " + ValueText.of(item));
      }
      boolean sharegpt = !map.containsKey(roleKey) && map.containsKey("from");
      String key = sharegpt ? "from" : roleKey;
      if (!(map.get(key) instanceof String said) || said.isBlank()) {
        throw new RowRefused(
            where
                + ": expected a role (system, user, assistant, tool), found "
                + ValueText.of(map.get(key)),
            "if messages name it otherwise, say data.columns.role=NAME");
      }
      String role = role(said, sharegpt);
      Object content = map.get(sharegpt ? "value" : contentKey);
      if (CALLS.contains(said.toLowerCase(Locale.ROOT))) {
        return call(content, where);
      }
      boolean saysSomething =
          content instanceof String
              || content instanceof List<?>
              || map.get("tool_calls") instanceof List<?>;
      if (!saysSomething && repair && (content instanceof Number || content instanceof Boolean)) {
        content = content.toString();
        saysSomething = true;
      }
      if (!saysSomething) {
        throw new RowRefused(
            where
                + " ("
                + role
                + "): expected content (a string, or a list of parts) or tool_calls, found content "
                + ValueText.of(content));
      }
      Map<String, @Nullable Object> message = new LinkedHashMap<>();
      message.put("role", role);
      message.put("content", content);
      if (role.equals("tool") && sharegpt && !open.isEmpty()) {
        message.put("tool_call_id", open.remove(0));
      }
      map.forEach(
          (name, value) -> {
            if (!name.equals(key) && !name.equals(sharegpt ? "value" : contentKey)) {
              message.putIfAbsent(String.valueOf(name), value);
            }
          });
      return message;
    }

    private String role(String said, boolean sharegpt) {
      String mapped = roles.get(said);
      if (mapped != null) {
        return mapped;
      }
      String lower = said.strip().toLowerCase(Locale.ROOT);
      return sharegpt || repair ? ROLES.getOrDefault(lower, lower) : said;
    }

    /** {@code {"name": ..., "arguments": {...}}} or a list of such, as a string of JSON. */
    private Map<String, @Nullable Object> call(@Nullable Object content, String where) {
      Object value = content instanceof String text ? parsed(text, where) : content;
      List<Object> toolCalls = new ArrayList<>();
      for (Object one : value instanceof List<?> list ? list : Collections.singletonList(value)) {
        toolCalls.add(toolCall(one, where));
      }
      Map<String, @Nullable Object> message = new LinkedHashMap<>();
      message.put("role", "assistant");
      message.put("content", "");
      message.put("tool_calls", toolCalls);
      return message;
    }

    private Map<String, @Nullable Object> toolCall(@Nullable Object item, String where) {
      if (!(item instanceof Map<?, ?> function) || !(function.get("name") instanceof String name)) {
        throw new RowRefused(
            where
                + " (function_call): expected JSON such as {\"name\": \"f\", \"arguments\": {}}, found "
                + ValueText.of(item));
      }
      Object arguments = function.get("arguments");
      if (arguments instanceof String text && text.strip().startsWith("{")) {
        arguments = parsed(text, where);
      }
      Map<String, @Nullable Object> called = new LinkedHashMap<>();
      called.put("name", name);
      called.put("arguments", arguments == null ? Map.of() : arguments);
      // nine letters and digits: what Mistral's templates insist on
      String id = String.format(Locale.ROOT, "call%05d", ++calls);
      open.add(id);
      Map<String, @Nullable Object> call = new LinkedHashMap<>();
      call.put("id", id);
      call.put("type", "function");
      call.put("function", called);
      return call;
    }
  }

  private static Object parsed(String text, String where) {
    try {
      return JSON.readValue(text, Object.class);
    } catch (JsonProcessingException e) {
      throw new RowRefused(where + ": expected JSON, found " + ValueText.of(text));
    }
  }

  /**
   * Tool declarations: a list, or, as Arrow files need it, a string of JSON that holds one. One
   * that is a bare function is wrapped as {@code {"type": "function", "function": ...}}.
   */
  static List<Object> tools(Map<String, @Nullable Object> row) {
    Object tools = row.get("tools");
    if (tools == null || tools instanceof String text && text.isBlank()) {
      return List.of();
    }
    if (tools instanceof String text) {
      tools = parsed(text, "tools");
    }
    if (!(tools instanceof List<?> list)) {
      throw new RowRefused("tools: expected a list, found " + ValueText.of(tools));
    }
    List<Object> result = new ArrayList<>();
    for (Object tool : list) {
      if (!(tool instanceof Map<?, ?> map)) {
        throw new RowRefused("tools: expected a list of objects, found " + ValueText.of(tool));
      }
      boolean bare = map.get("name") instanceof String && !map.containsKey("function");
      if (bare && !map.containsKey("type")) {
        Map<String, Object> wrapped = new LinkedHashMap<>();
        wrapped.put("type", "function");
        wrapped.put("function", map);
        tool = wrapped;
      }
      result.add(tool);
    }
    return result;
  }
}
