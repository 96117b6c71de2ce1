package dev.luthier.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Whether a model can continue a prompt.
 *
 * @param context the longest sequence
 * @param room how much of it must be left for an answer
 * @param vocabulary V
 */
public record PromptCheck(int context, int room, int vocabulary) {
  /**
   * What speaks against it; empty if nothing does.
   *
   * @param name of the prompt, for the messages
   */
  public List<String> complaints(String name, GenerateRequest request) {
    List<String> complaints = new ArrayList<>();
    int[] prompt = request.prompt();
    if (prompt.length == 0) {
      complaints.add(name + " has no tokens; give at least one (BOS will do)");
    } else if (prompt.length + room > context && !request.settings().exceedContext()) {
      complaints.add(
          name
              + " has "
              + prompt.length
              + " tokens, and the model's context of "
              + context
              + (room == 0 ? " is shorter" : " leaves no room for an answer")
              + "; shorten it, or go past the context with"
              + " --exceed-context");
    }
    Arrays.stream(prompt)
        .filter(id -> id < 0 || id >= vocabulary)
        .findFirst()
        .ifPresent(
            id ->
                complaints.add(
                    name
                        + " has token id "
                        + id
                        + ", but the model's ids end at "
                        + (vocabulary - 1)
                        + "; tokenizer and model do not belong together"));
    return complaints;
  }
}
