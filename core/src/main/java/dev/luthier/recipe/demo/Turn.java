package dev.luthier.recipe.demo;

import java.util.List;

/** What the user says, and what the assistant answers. */
record Turn(String user, String assistant) {
  /** The turns in ChatML, each message closed by its end token and a line break. */
  static String chatMl(List<Turn> turns) {
    StringBuilder text = new StringBuilder();
    for (Turn turn : turns) {
      message(text, "user", turn.user);
      message(text, "assistant", turn.assistant);
    }
    return text.toString();
  }

  private static void message(StringBuilder text, String role, String content) {
    text.append("<|im_start|>").append(role).append('\n').append(content).append("<|im_end|>\n");
  }
}
