package dev.luthier.data;

import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.DataSettings.TrainOnEnd;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which messages of a conversation are trained, and which of their characters.
 *
 * <p>Settings choose among the assistant's turns; a message's own marks can take a turn out, or a
 * part of it, and can add turns of other roles. {@code trainOn = all} trains every character,
 * header and prompt too, except what marks take out.
 */
record TrainingPolicy(TrainOn on, TrainOnEnd ends) {
  static final String ASSISTANT = "assistant";

  /**
   * @param chosen for each message, whether something in it is trained
   * @param required for each message, whether it must be found in the text
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Choice(boolean[] chosen, boolean[] required) {
    boolean isEmpty() {
      for (boolean one : chosen) {
        if (one) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * @param trainFrom the assistant's turns before this message are context
   */
  Choice choose(
      List<Map<String, @Nullable Object>> messages, List<TrainingMarks> marks, int trainFrom) {
    boolean[] chosen = new boolean[messages.size()];
    boolean[] required = new boolean[messages.size()];
    int first = Math.max(trainFrom, first(messages, trainFrom));
    for (int i = 0; i < chosen.length; i++) {
      TrainingMarks said = marks.get(i);
      boolean role = on == TrainOn.ALL || isAssistant(messages.get(i));
      // what the settings leave out of the assistant's turns, marks do not bring back
      boolean context = isAssistant(messages.get(i)) && i < first;
      chosen[i] = !context && said.trains(role);
      required[i] = on == TrainOn.ALL ? !said.isSilent() : chosen[i];
    }
    return new Choice(chosen, required);
  }

  /** The first message that may be trained. */
  private int first(List<Map<String, @Nullable Object>> messages, int trainFrom) {
    return switch (on) {
      case ASSISTANT, ALL -> 0;
      case LAST -> last(messages, ASSISTANT);
      case COMPLETION -> trainFrom > 0 ? trainFrom : last(messages, "user") + 1;
    };
  }

  private static int last(List<Map<String, @Nullable Object>> messages, String role) {
    int i = messages.size() - 1;
    while (i >= 0 && !role.equals(messages.get(i).get("role"))) {
      i--;
    }
    return i;
  }

  static boolean isAssistant(Map<String, @Nullable Object> message) {
    return ASSISTANT.equals(message.get("role"));
  }

  /**
   * @param turns the messages found, in the order of the text
   * @return for each UTF-16 unit of the text whether it is trained
   * @throws RowRefused a message marks parts of its content that the template does not write as
   *     such
   */
  boolean[] characters(
      String text,
      List<TurnSpan> turns,
      Choice choice,
      List<TrainingMarks> marks,
      List<Map<String, @Nullable Object>> messages) {
    boolean[] trained = new boolean[text.length()];
    Arrays.fill(trained, on == TrainOn.ALL);
    int lastChosen = -1;
    for (TurnSpan turn : turns) {
      lastChosen = choice.chosen()[turn.message()] ? turn.message() : lastChosen;
    }
    for (TurnSpan turn : turns) {
      int i = turn.message();
      TrainingMarks said = marks.get(i);
      if (on == TrainOn.ALL) {
        said.train().ifPresent(train -> Arrays.fill(trained, turn.start(), turn.end(), train));
      } else {
        if (choice.chosen()[i]) {
          Arrays.fill(trained, turn.start(), turn.contentEnd(), said.train().orElse(true));
        }
        Arrays.fill(
            trained, turn.contentEnd(), turn.end(), end(choice.chosen()[i], i == lastChosen));
      }
      if ((choice.chosen()[i] || on == TrainOn.ALL) && !said.parts().isEmpty()) {
        mark(trained, text, turn, said, String.valueOf(messages.get(i).get("content")));
      }
    }
    return trained;
  }

  private boolean end(boolean chosen, boolean last) {
    return switch (ends) {
      case TURN -> chosen;
      case LAST -> last;
      case ALL -> true;
      case NONE -> false;
    };
  }

  private static void mark(
      boolean[] trained, String text, TurnSpan turn, TrainingMarks marks, String content) {
    String written = text.substring(turn.content(), turn.contentEnd());
    int skipped = content.length() - content.stripLeading().length();
    if (written.equals(content) || written.equals(content.stripTrailing())) {
      skipped = 0;
    } else if (!written.equals(content.strip()) && !written.equals(content.stripLeading())) {
      throw new RowRefused(
          "message "
              + (turn.message() + 1)
              + ": marks parts of its content as trained or not, and the chat template does not"
              + " write that content as it is");
    }
    for (TrainingMarks.Part part : marks.parts()) {
      int from = Math.max(0, part.start() - skipped);
      int to = Math.min(written.length(), part.end() - skipped);
      if (from < to) {
        Arrays.fill(trained, turn.content() + from, turn.content() + to, part.train());
      }
    }
  }
}
