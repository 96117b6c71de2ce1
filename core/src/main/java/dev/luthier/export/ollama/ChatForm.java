package dev.luthier.export.ollama;

import java.util.Map;

/**
 * A chat format as the texts around contents: what most published templates come down to.
 *
 * <p>ChatML with a default system prompt: {@code withoutSystem = "<|im_start|>system\nYou are
 * ...<|im_end|>\n"}, {@code system = ("<|im_start|>system\n", "<|im_end|>\n")}, {@code user =
 * ("<|im_start|>user\n", "<|im_end|>\n")}, {@code assistant} likewise, {@code answer =
 * "<|im_start|>assistant\n"}.
 *
 * @param begin before everything
 * @param withoutSystem what stands there when the first message is not the system's
 * @param user around a user's content
 * @param firstUser before the content of a user with nothing before it but {@code withoutSystem}
 * @param assistant around an assistant's content
 * @param answer where the assistant is to speak
 * @param system what becomes of system messages
 * @param trims what contents lose at their ends, by role
 */
record ChatForm(
    String begin,
    String withoutSystem,
    Around user,
    String firstUser,
    Around assistant,
    String answer,
    SystemForm system,
    Map<Role, Trim> trims) {

  /** What stands before and after a content. */
  record Around(String before, String after) {
    /** Nothing. */
    static final Around NOTHING = new Around("", "");
  }

  /**
   * What becomes of system messages.
   *
   * @param place where their content stands
   * @param first around it when it comes first
   * @param later around it when it comes later
   * @param userBefore before the content of a user right after it, which some formats fold it into
   * @param userTrim what the content of that user loses; with the system folded into the last turn,
   *     what the last user's loses
   * @param printsEmpty whether an empty one is printed; otherwise it is as if not there
   */
  record SystemForm(
      Place place,
      Around first,
      Around later,
      String userBefore,
      Trim userTrim,
      boolean printsEmpty) {}

  /** Where the system's content stands. */
  enum Place {
    /** Where it comes in the conversation. */
    OWN,
    /** Within the last user's turn, before its content. */
    LAST_USER,
    /** Nowhere: the template leaves it out, or refuses it. */
    NOWHERE
  }

  Trim trim(Role role) {
    return trims.getOrDefault(role, Trim.NONE);
  }
}
