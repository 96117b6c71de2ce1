package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.DataSettings.TrainOnEnd;
import dev.luthier.data.Example.Chat;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.Encoding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Conversations to tokens and labels by a chat template: rendered once, tokenized once, and its
 * turns found by the {@link Skeletons} of the template, or, where the row is not as simple as that,
 * by {@link AssistantSpans}.
 *
 * <p>Safe for use by many threads.
 */
final class ConversationEncoder {
  /**
   * @param turnEnds ids of single tokens that close a trained turn of the assistant
   */
  record Encoded(
      String text, Encoding encoding, LabelMask mask, Set<Integer> turnEnds, Dropped dropped) {}

  /** Where the messages stand, and which do not. */
  record Found(List<TurnSpan> turns, Dropped dropped) {}

  private final ChatEncoder encoder;
  private final EndMarkers markers;
  private final TrainingPolicy policy;
  private final Skeletons skeletons;

  ConversationEncoder(ChatEncoder encoder, EndMarkers markers, TrainingPolicy policy) {
    this.encoder = encoder;
    this.markers = markers;
    this.policy = policy;
    this.skeletons = new Skeletons(encoder, markers);
  }

  /** The messages as the template gets them. */
  static List<Map<String, @Nullable Object>> messages(Chat conversation) {
    List<Map<String, @Nullable Object>> messages = ChatEncoder.plain(conversation.messages());
    messages.replaceAll(TrainingMarks::removed);
    return messages;
  }

  /**
   * @throws RowRefused the template refuses the conversation, or a turn to be trained cannot be
   *     found in what it writes
   */
  Encoded encode(Chat conversation) {
    List<Map<String, @Nullable Object>> messages = messages(conversation);
    List<TrainingMarks> marks = new ArrayList<>(messages.size());
    for (int i = 0; i < messages.size(); i++) {
      marks.add(TrainingMarks.of(conversation.messages().get(i), messages.get(i), i));
    }
    TrainingPolicy.Choice choice = policy.choose(messages, marks, conversation.trainFrom());
    if (policy.on() != TrainOn.ALL && choice.isEmpty()) {
      throw new RowRefused(
          messages.stream().anyMatch(TrainingPolicy::isAssistant)
              ? "nothing in the row would be trained"
              : "the conversation has no assistant's turn to train");
    }
    ChatEncoder.Chat rendered;
    try {
      rendered = encoder.render(messages, conversation.tools(), false);
    } catch (LuthierException e) {
      throw new RowRefused(String.valueOf(e.getMessage()));
    }
    String text = rendered.text();
    Found found = find(messages, conversation.tools(), text, choice);
    boolean[] trained =
        blocksDecide(rendered, messages, marks, choice)
            ? blocks(rendered)
            : policy.characters(text, found.turns(), choice, marks, messages);
    Encoding encoding = encoder.encode(rendered);
    LabelMask mask = LabelMask.of(text, encoding, trained);
    if (mask.firstUncovered() >= 0) {
      int at = mask.firstUncovered();
      throw new RowRefused(
          "the tokenizer leaves out '"
              + text.substring(at, at + 1)
              + "' at position "
              + at
              + " of a trained span");
    }
    Set<Integer> ends = turnEnds(found.turns(), messages, choice, encoding);
    return new Encoded(text, encoding, mask, ends, found.dropped());
  }

  private Found find(
      List<Map<String, @Nullable Object>> messages,
      List<Object> tools,
      String text,
      TrainingPolicy.Choice choice) {
    if (tools.isEmpty()) {
      Optional<List<TurnSpan>> simple = skeletons.find(messages, text);
      if (simple.isPresent()) {
        return new Found(simple.get(), Dropped.NOTHING);
      }
    }
    return search(messages, tools, text, choice);
  }

  /** The same without skeletons, for any conversation. */
  Found search(
      List<Map<String, @Nullable Object>> messages,
      List<Object> tools,
      String text,
      TrainingPolicy.Choice choice) {
    AssistantSpans spans =
        new AssistantSpans(
            (some, prompt) -> encoder.render(some, tools, prompt).text(), markers, messages, text);
    List<TurnSpan> turns = new ArrayList<>();
    Set<Integer> found = new HashSet<>();
    int from = 0;
    for (int i = 0; i < messages.size(); i++) {
      boolean assistant = TrainingPolicy.isAssistant(messages.get(i));
      if (assistant || choice.required()[i] || policy.ends() == TrainOnEnd.ALL) {
        try {
          TurnSpan turn = spans.find(i, from);
          turns.add(turn);
          found.add(i);
          from = turn.end();
        } catch (RowRefused e) {
          if (choice.required()[i]) {
            throw e;
          }
        }
      }
    }
    return new Found(turns, new DroppedCheck(encoder, messages, tools, text).find(spans, found));
  }

  /** The template's own blocks are used where they say the same as the settings, but better. */
  private boolean blocksDecide(
      ChatEncoder.Chat rendered,
      List<Map<String, @Nullable Object>> messages,
      List<TrainingMarks> marks,
      TrainingPolicy.Choice choice) {
    if (rendered.generation().isEmpty()
        || policy.on() == TrainOn.ALL
        || policy.ends() != TrainOnEnd.TURN) {
      return false;
    }
    for (int i = 0; i < messages.size(); i++) {
      if (!marks.get(i).parts().isEmpty()
          || choice.chosen()[i] != TrainingPolicy.isAssistant(messages.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean[] blocks(ChatEncoder.Chat rendered) {
    boolean[] trained = new boolean[rendered.text().length()];
    rendered.generation().forEach(block -> Arrays.fill(trained, block.start(), block.end(), true));
    return trained;
  }

  /** Ids of end markers that are one token: what must stop generation. */
  private static Set<Integer> turnEnds(
      List<TurnSpan> turns,
      List<Map<String, @Nullable Object>> messages,
      TrainingPolicy.Choice choice,
      Encoding encoding) {
    Set<Integer> ids = new HashSet<>();
    int token = 0;
    for (TurnSpan turn : turns) {
      while (token < encoding.length() && encoding.ends()[token] < turn.end()) {
        token++;
      }
      if (choice.chosen()[turn.message()]
          && TrainingPolicy.isAssistant(messages.get(turn.message()))
          && token < encoding.length()
          && encoding.ends()[token] == turn.end()
          && turn.end() > turn.contentEnd()
          && encoding.starts()[token] >= turn.contentEnd()) {
        ids.add(encoding.ids()[token]);
      }
    }
    return ids;
  }
}
