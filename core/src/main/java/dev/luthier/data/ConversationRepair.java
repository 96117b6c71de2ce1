package dev.luthier.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Mends conversations that templates refuse or models learn nothing good from: empty turns go,
 * turns of one speaker in a row become one, and what stands before the first user's turn or after
 * the last assistant's goes too. Nothing is invented.
 */
final class ConversationRepair {
  private ConversationRepair() {}

  /**
   * @param repairs takes what was done, in words
   * @throws RowRefused nothing is left of it
   */
  static List<Map<String, @Nullable Object>> of(
      List<Map<String, @Nullable Object>> messages, List<String> repairs) {
    List<Map<String, @Nullable Object>> kept = new ArrayList<>();
    for (Map<String, @Nullable Object> message : messages) {
      if (empty(message)) {
        repairs.add("an empty turn of " + message.get("role") + " was left out");
      } else if (!kept.isEmpty() && joins(kept.get(kept.size() - 1), message)) {
        repairs.add("two turns of " + message.get("role") + " in a row were joined");
        kept.set(kept.size() - 1, joined(kept.get(kept.size() - 1), message));
      } else {
        kept.add(message);
      }
    }
    int last = kept.size() - 1;
    while (last >= 0 && !is(kept.get(last), "assistant")) {
      repairs.add(
          "a last turn of " + kept.remove(last).get("role") + " without answer was left out");
      last--;
    }
    int first = !kept.isEmpty() && is(kept.get(0), "system") ? 1 : 0;
    while (first < kept.size()
        && (is(kept.get(first), "assistant") || is(kept.get(first), "tool"))) {
      String role = String.valueOf(kept.remove(first).get("role"));
      repairs.add("a turn of " + role + " before any of the user's was left out");
    }
    if (kept.size() <= first) {
      throw new RowRefused("the conversation has no question with an answer", "remove the row");
    }
    return kept;
  }

  private static boolean is(Map<String, @Nullable Object> message, String role) {
    return role.equals(message.get("role"));
  }

  private static boolean empty(Map<String, @Nullable Object> message) {
    boolean calls = message.get("tool_calls") instanceof List<?> list && !list.isEmpty();
    return !calls
        && !is(message, "tool")
        && (message.get("content") instanceof String text && text.isBlank()
            || message.get("content") instanceof List<?> parts && parts.isEmpty());
  }

  /**
   * Tools may answer several calls in a row; everyone else speaks in turn. What messages say beside
   * their texts must be the same, and no marks of stretches of the text, which would shift.
   */
  private static boolean joins(
      Map<String, @Nullable Object> before, Map<String, @Nullable Object> message) {
    return !is(message, "tool")
        && is(before, String.valueOf(message.get("role")))
        && before.get("content") instanceof String
        && message.get("content") instanceof String
        && before.get("tool_calls") == null
        && before.get("train_detail") == null
        && withoutContent(before).equals(withoutContent(message));
  }

  private static Map<String, @Nullable Object> withoutContent(
      Map<String, @Nullable Object> message) {
    Map<String, @Nullable Object> rest = new LinkedHashMap<>(message);
    rest.remove("content");
    return rest;
  }

  private static Map<String, @Nullable Object> joined(
      Map<String, @Nullable Object> before, Map<String, @Nullable Object> message) {
    Map<String, @Nullable Object> both = new LinkedHashMap<>(before);
    both.put("content", before.get("content") + "\n\n" + message.get("content"));
    return both;
  }
}
