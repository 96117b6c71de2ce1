package dev.luthier.cli;

import dev.luthier.LuthierException;
import dev.luthier.data.PromptEncoder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Reads a conversation that a flag names. */
final class PromptFiles {
  private PromptFiles() {}

  /**
   * The ids of a file's conversation.
   *
   * @param file JSON: a list of messages, or an object with messages and, where wanted, tools
   * @throws LuthierException when the file holds anything else, or the template refuses it
   */
  static int[] read(Path file, PromptEncoder prompts) {
    Map<String, ?> row = JsonFiles.objectOrList(file, "messages");
    if (!(row.get("messages") instanceof List<?>)) {
      throw new LuthierException(
          file + ": expected a JSON list of messages, or an object that has one as \"messages\"");
    }
    try {
      return prompts.encode(row);
    } catch (LuthierException e) {
      throw new LuthierException(file + ": " + e.getMessage(), e);
    }
  }
}
