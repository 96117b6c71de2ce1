package dev.luthier.data;

import java.util.ArrayList;
import java.util.List;

/**
 * What a conversation says and the chat template leaves out without a word, such as tool turns in
 * Phi-3.5. The model would be trained on an answer to something it never saw.
 *
 * @param messages indices of the messages whose content is not in the text
 * @param toolCalls indices of the messages whose tool calls are not in the text
 * @param tools whether the tools' declarations are not in the text
 */
public record Dropped(List<Integer> messages, List<Integer> toolCalls, boolean tools) {
  /** Everything is in the text. */
  public static final Dropped NOTHING = new Dropped(List.of(), List.of(), false);

  public Dropped {
    messages = List.copyOf(messages);
    toolCalls = List.copyOf(toolCalls);
  }

  /** Whether everything is in the text. */
  public boolean isEmpty() {
    return messages.isEmpty() && toolCalls.isEmpty() && !tools;
  }

  /** What it is, in words. */
  public String words() {
    List<String> all = new ArrayList<>();
    if (!messages.isEmpty()) {
      all.add("the text of " + numbered(messages));
    }
    if (!toolCalls.isEmpty()) {
      all.add("the tool calls of " + numbered(toolCalls));
    }
    if (tools) {
      all.add("the declarations of tools");
    }
    return String.join(", ", all);
  }

  private static String numbered(List<Integer> messages) {
    return (messages.size() == 1 ? "message " : "messages ")
        + String.join(", ", messages.stream().map(i -> String.valueOf(i + 1)).toList());
  }
}
