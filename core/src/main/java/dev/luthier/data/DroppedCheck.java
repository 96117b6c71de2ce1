package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.data.AssistantSpans.Left;
import dev.luthier.tokenizer.ChatEncoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds what a template leaves out of a conversation, by rendering it again with a word that occurs
 * nowhere else in the place of one thing at a time: what does not show the word does not show the
 * thing. Where the template refuses the changed conversation, the thing itself is looked for.
 */
final class DroppedCheck {
  private static final String WORD = "qzvxkj_wprobe";

  private final ChatEncoder encoder;
  private final List<Map<String, @Nullable Object>> messages;
  private final List<Object> tools;
  private final String text;

  /**
   * @param text the messages rendered without a generation prompt
   */
  DroppedCheck(
      ChatEncoder encoder,
      List<Map<String, @Nullable Object>> messages,
      List<Object> tools,
      String text) {
    this.encoder = encoder;
    this.messages = messages;
    this.tools = tools;
    this.text = text;
  }

  /**
   * @param found messages known to be in the text
   */
  Dropped find(AssistantSpans spans, Set<Integer> found) {
    List<Integer> dropped = new ArrayList<>();
    List<Integer> calls = new ArrayList<>();
    for (int i = 0; i < messages.size(); i++) {
      if (!found.contains(i) && says(messages.get(i)) && isDropped(spans, i)) {
        dropped.add(i);
      }
      if (messages.get(i).get("tool_calls") instanceof List<?> list
          && !list.isEmpty()
          && areDropped(i, list)) {
        calls.add(i);
      }
    }
    return new Dropped(dropped, calls, !tools.isEmpty() && toolsAreDropped());
  }

  private static boolean says(Map<String, @Nullable Object> message) {
    Object content = message.get("content");
    return content instanceof String said
        ? !said.isBlank()
        : content instanceof List<?> parts && !parts.isEmpty();
  }

  private boolean isDropped(AssistantSpans spans, int message) {
    Left left = spans.left(message);
    return left == Left.NOTHING
        || (left == Left.UNKNOWN
            && messages.get(message).get("content") instanceof String said
            && !text.contains(said.strip()));
  }

  private boolean areDropped(int message, List<?> calls) {
    List<Object> renamed = new ArrayList<>();
    String name = "";
    for (Object call : calls) {
      if (!(call instanceof Map<?, ?> map)) {
        return false;
      }
      Map<Object, @Nullable Object> copy = new LinkedHashMap<>(map);
      if (map.get("function") instanceof Map<?, ?> function) {
        Map<Object, @Nullable Object> inner = new LinkedHashMap<>(function);
        name = String.valueOf(inner.put("name", WORD));
        copy.put("function", inner);
      } else {
        name = String.valueOf(copy.put("name", WORD));
      }
      renamed.add(copy);
    }
    Map<String, @Nullable Object> changed = new LinkedHashMap<>(messages.get(message));
    changed.put("tool_calls", renamed);
    List<Map<String, @Nullable Object>> copy = new ArrayList<>(messages);
    copy.set(message, changed);
    try {
      return !encoder.render(copy, tools, false).text().contains(WORD);
    } catch (LuthierException refused) {
      return !text.contains(name);
    }
  }

  private boolean toolsAreDropped() {
    try {
      return encoder.render(messages, List.of(), false).text().equals(text);
    } catch (LuthierException refused) {
      return false;
    }
  }
}
