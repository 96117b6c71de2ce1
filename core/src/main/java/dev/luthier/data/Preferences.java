package dev.luthier.data;

import dev.luthier.data.Example.Chat;
import dev.luthier.data.Example.Preference;
import dev.luthier.data.Example.PromptCompletion;
import dev.luthier.data.Example.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Pairs of answers in the ways that files have them: after an explicit prompt, or as two whole
 * conversations or texts of which the common beginning is the prompt.
 */
final class Preferences {
  /** How Anthropic's HH sets write a conversation in one string. */
  private static final Pattern HH_TURN = Pattern.compile("(?:\\A|\\n\\n)(Human|Assistant): ?");

  private Preferences() {}

  /**
   * Two whole conversations: the prompt is what they share, up to the last turns of the assistant.
   */
  static Preference ofConversations(
      List<Map<String, @Nullable Object>> chosen,
      List<Map<String, @Nullable Object>> rejected,
      List<Object> tools) {
    int common = Math.min(common(chosen, rejected), Math.min(chosen.size(), rejected.size()) - 1);
    return pair(new Chat(chosen, tools, common), new Chat(rejected, tools, common));
  }

  /** Whether the two begin with the prompt, and not with what the assistant answers to it. */
  static boolean areWhole(
      List<Map<String, @Nullable Object>> chosen, List<Map<String, @Nullable Object>> rejected) {
    return common(chosen, rejected) > 0
        && !TrainingPolicy.isAssistant(chosen.get(0))
        && !"tool".equals(chosen.get(0).get("role"));
  }

  /** How many messages the two begin with in common. */
  private static int common(
      List<Map<String, @Nullable Object>> a, List<Map<String, @Nullable Object>> b) {
    int common = 0;
    while (common < Math.min(a.size(), b.size()) && a.get(common).equals(b.get(common))) {
      common++;
    }
    return common;
  }

  static Preference afterPrompt(
      List<Map<String, @Nullable Object>> prompt,
      List<Map<String, @Nullable Object>> chosen,
      List<Map<String, @Nullable Object>> rejected,
      List<Object> tools) {
    return pair(
        new Chat(joined(prompt, chosen), tools, prompt.size()),
        new Chat(joined(prompt, rejected), tools, prompt.size()));
  }

  /** Two answers in plain text to a prompt, which is a text or a conversation. */
  static Preference ofTexts(Example prompt, String chosen, String rejected) {
    if (prompt instanceof Text text) {
      return pair(
          new PromptCompletion(text.text(), chosen), new PromptCompletion(text.text(), rejected));
    }
    return afterPrompt(
        asTurns(prompt),
        List.of(Chat.message("assistant", chosen)),
        List.of(Chat.message("assistant", rejected)),
        ((Chat) prompt).tools());
  }

  /** A prompt as messages. */
  static List<Map<String, @Nullable Object>> asTurns(Example prompt) {
    return prompt instanceof Text text
        ? List.of(Chat.message("user", text.text()))
        : ((Chat) prompt).messages();
  }

  /** Two whole texts: conversations as HH writes them, or texts that begin alike. */
  static Preference ofWhole(String chosen, String rejected) {
    List<Map<String, @Nullable Object>> a = hh(chosen);
    List<Map<String, @Nullable Object>> b = hh(rejected);
    if (!a.isEmpty() && !b.isEmpty()) {
      return ofConversations(a, b, List.of());
    }
    int common = 0;
    while (common < Math.min(chosen.length(), rejected.length())
        && chosen.charAt(common) == rejected.charAt(common)) {
      common++;
    }
    while (common > 0 && !Character.isWhitespace(chosen.charAt(common - 1))) {
      common--; // a prompt ends with a word, not within one
    }
    String prompt = chosen.substring(0, common);
    return pair(
        new PromptCompletion(prompt, chosen.substring(common)),
        new PromptCompletion(prompt, rejected.substring(common)));
  }

  private static Preference pair(Example chosen, Example rejected) {
    if (chosen.equals(rejected)) {
      throw new RowRefused(
          "chosen and rejected are the same, so there is nothing to prefer", "remove the row");
    }
    return new Preference(chosen, rejected);
  }

  private static List<Map<String, @Nullable Object>> hh(String text) {
    List<Map<String, @Nullable Object>> turns = new ArrayList<>();
    Matcher turn = HH_TURN.matcher(text);
    if (!turn.find() || turn.start() != 0) {
      return List.of();
    }
    boolean more = true;
    while (more) {
      String role = turn.group(1).equals("Human") ? "user" : "assistant";
      int from = turn.end();
      more = turn.find();
      turns.add(Chat.message(role, text.substring(from, more ? turn.start() : text.length())));
    }
    return turns;
  }

  private static List<Map<String, @Nullable Object>> joined(
      List<Map<String, @Nullable Object>> prompt, List<Map<String, @Nullable Object>> answer) {
    List<Map<String, @Nullable Object>> all = new ArrayList<>(prompt);
    all.addAll(answer);
    return all;
  }
}
