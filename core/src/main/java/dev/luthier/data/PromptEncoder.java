package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.tokenizer.ChatEncoder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a person or a file asks, to the ids that a model continues: the same words that training
 * would use for the same row.
 */
public final class PromptEncoder {
  private final Optional<ChatEncoder> chat;
  private final RowEncoder encoder;
  private final RowParser parser = new RowParser(Format.AUTO);

  /**
   * @param chat the model's template; empty to do without
   */
  public PromptEncoder(ModelInput input, Optional<ChatEncoder> chat) {
    this.chat = chat;
    this.encoder = input.encoder(chat, Set.of());
  }

  /** A prompt: with a template the user's turn, without one the text itself, BOS before it. */
  public int[] encode(String prompt) {
    return encode(Map.of("prompt", prompt));
  }

  /**
   * What is asked.
   *
   * @param ids that a model continues
   * @param text the prompt as it was written, or the last user's turn
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Asked(int[] ids, String text) {}

  /** The ids of {@link #ask}. */
  public int[] encode(Map<String, ? extends @Nullable Object> row) {
    return ask(row).ids;
  }

  /**
   * A row of a file: {@code messages} (with {@code tools} where wanted), {@code prompt}, which may
   * be a list of messages, Alpaca's {@code instruction} and {@code input}, or a pair of answers. An
   * answer that the row has is left out, and so is a conversation's last turn if it is the
   * assistant's.
   *
   * @throws LuthierException saying what the row lacks
   */
  public Asked ask(Map<String, ? extends @Nullable Object> row) {
    try {
      Example example = answered(parser.parse(asTrained(row)));
      if (example instanceof Example.Chat conversation) {
        return conversation(conversation);
      }
      int[] ids =
          encoder
              .question(new Row(1, example))
              .map(Question::prompt)
              .orElseThrow(() -> new RowRefused("expected prompt or messages, found plain text"));
      return new Asked(ids, text(example));
    } catch (RowRefused e) {
      throw new LuthierException(e.reason(), e);
    }
  }

  /** One of the answers with what was asked before it. */
  private static Example answered(Example example) {
    if (example instanceof Example.Preference pair) {
      return pair.chosen();
    }
    return example instanceof Example.Unpaired rated ? rated.answer() : example;
  }

  private static String text(Example example) {
    return example instanceof Example.Instruction alpaca
        ? alpaca.instruction()
        : ((Example.PromptCompletion) example).prompt();
  }

  /** The row with the columns that training would want and asking does not. */
  private static Map<String, @Nullable Object> asTrained(
      Map<String, ? extends @Nullable Object> row) {
    Map<String, @Nullable Object> whole = new LinkedHashMap<>(row);
    boolean pair = row.containsKey("prompt") && !row.containsKey("messages");
    boolean alpaca = row.containsKey("instruction");
    if (pair && !(alpaca && row.containsKey("output") && !row.containsKey("completion"))) {
      Object prompt = row.get("prompt");
      if (prompt instanceof List<?>) {
        whole.put("messages", prompt);
      } else {
        whole.put("completion", "");
      }
    } else if (alpaca) {
      whole.put("output", "");
    }
    return whole;
  }

  private Asked conversation(Example.Chat conversation) {
    List<Map<String, @Nullable Object>> messages = ConversationEncoder.messages(conversation);
    int last = messages.size() - 1;
    boolean answered =
        "assistant".equals(messages.get(last).get("role"))
            && messages.get(last).get("content") instanceof String;
    List<Map<String, @Nullable Object>> asked = answered ? messages.subList(0, last) : messages;
    String text = lastAsked(asked);
    if (encoder instanceof SourceTargetEncoder pairs) {
      return new Asked(pairs.prompt(asked, conversation.tools()), text);
    }
    ChatEncoder template =
        chat.orElseThrow(
            () -> new RowRefused("messages need a chat template, and there is none; give prompt"));
    return new Asked(template.prompt(asked, conversation.tools()), text);
  }

  /** The last user's turn. */
  private static String lastAsked(List<Map<String, @Nullable Object>> turns) {
    for (int i = turns.size() - 1; i >= 0; i--) {
      if ("user".equals(turns.get(i).get("role"))) {
        return String.valueOf(turns.get(i).get("content"));
      }
    }
    return "";
  }
}
