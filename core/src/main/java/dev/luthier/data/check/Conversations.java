package dev.luthier.data.check;

import dev.luthier.data.Example;
import dev.luthier.data.Example.Chat;
import dev.luthier.data.Example.Preference;
import dev.luthier.data.Example.Unpaired;
import dev.luthier.data.check.RowFacts.Mark;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether the turns of a conversation follow one another as they should. */
final class Conversations {
  private static final Set<String> ROLES =
      Set.of("system", "developer", "user", "assistant", "tool", "function", "ipython");

  private Conversations() {}

  /** What is wrong with an example's conversations. */
  static List<Mark> marks(Example example) {
    if (example instanceof Chat chat) {
      return marks(chat.messages());
    }
    if (example instanceof Preference preference) {
      List<Mark> marks = new ArrayList<>(marks(preference.chosen()));
      marks(preference.rejected()).stream().filter(m -> !marks.contains(m)).forEach(marks::add);
      return marks;
    }
    return example instanceof Unpaired unpaired ? marks(unpaired.answer()) : List.of();
  }

  private static List<Mark> marks(List<Map<String, @Nullable Object>> messages) {
    List<Mark> marks = new ArrayList<>();
    boolean asked = messages.stream().anyMatch(m -> is(m, "user"));
    boolean answered = messages.stream().anyMatch(m -> is(m, "assistant"));
    if (!asked || !answered) {
      String lacks = !asked ? "no turn of the user" : "no turn of the assistant";
      marks.add(new Mark(Fault.ONE_SIDED, "", lacks));
    }
    String disorder = asked && answered ? disorder(messages) : "";
    if (!disorder.isEmpty()) {
      marks.add(new Mark(Fault.ROLES, "", disorder));
    }
    for (int i = 0; i < messages.size(); i++) {
      if (empty(messages.get(i))) {
        String where = "message " + (i + 1) + " (" + messages.get(i).get("role") + ")";
        marks.add(new Mark(Fault.EMPTY_TURN, "", where));
        break;
      }
    }
    return marks;
  }

  /** What is out of order, in words; empty if nothing is. */
  private static String disorder(List<Map<String, @Nullable Object>> messages) {
    String before = "";
    for (int i = 0; i < messages.size(); i++) {
      Map<String, @Nullable Object> message = messages.get(i);
      String role = String.valueOf(message.get("role"));
      String where = "message " + (i + 1);
      if (!ROLES.contains(role)) {
        return where + " is of an unknown role: " + role;
      }
      boolean system = role.equals("system") || role.equals("developer");
      if (system && i > 0 && !before.equals(role)) {
        return where + " is a system prompt that does not stand first";
      }
      if (role.equals("assistant") && (before.isEmpty() || before.equals("system"))) {
        return where + " is an answer before any question";
      }
      boolean joined = role.equals(before) && (role.equals("user") || role.equals("assistant"));
      if (joined) {
        return "messages " + i + " and " + (i + 1) + " are both of the " + role;
      }
      boolean tool = role.equals("tool") || role.equals("function");
      if (tool && !before.equals("call") && !before.equals(role)) {
        return where + " is a tool's answer that no call asked for";
      }
      before = calls(message) ? "call" : role;
    }
    return before.equals("user") ? "it ends with a question" : "";
  }

  private static boolean calls(Map<String, @Nullable Object> message) {
    return message.get("function_call") != null
        || (message.get("tool_calls") instanceof List<?> calls && !calls.isEmpty());
  }

  private static boolean empty(Map<String, @Nullable Object> message) {
    return !calls(message)
        && !is(message, "tool")
        && (message.get("content") instanceof String text && text.isBlank()
            || message.get("content") instanceof List<?> parts && parts.isEmpty());
  }

  private static boolean is(Map<String, @Nullable Object> message, String role) {
    return role.equals(message.get("role"));
  }
}
