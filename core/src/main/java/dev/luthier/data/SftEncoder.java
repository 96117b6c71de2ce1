package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.Example.Chat;
import dev.luthier.data.Example.Instruction;
import dev.luthier.data.Example.PromptCompletion;
import dev.luthier.data.Example.Text;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.Encoding;
import dev.luthier.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Examples to tokens and labels.
 *
 * <p>With a chat template, conversations are rendered, and the spans of the assistant's turns
 * (content and end marker) are found in the text and mapped to tokens by their offsets, see {@link
 * AssistantSpans} and {@link LabelMask}. Prompt-completion and Alpaca rows become conversations of
 * a user's and an assistant's turn. A template's own {@code {% generation %}} blocks are used where
 * it has them and every turn is trained.
 *
 * <p>Without one, prompt and completion are tokenized apart and joined, the end-of-text token
 * follows, and completion and end are trained; BOS stands in front where the tokenizer puts it. So
 * with Llama 2's tokenizer {@code {"prompt": "2+2=", "completion": "4"}} gives {@code <s> 2 + 2 =},
 * read, and {@code 4 </s>}, trained. Plain text is trained whole.
 *
 * <p>Safe for use by many threads.
 */
public final class SftEncoder {
  private final Tokenizer tokenizer;
  private final Optional<ChatEncoder> chat;
  private final TrainOn trainOn;
  private final EndMarkers markers;
  private final Joined joined;
  private final Set<Integer> stopIds;

  /**
   * @param chat the model's template; empty to do without
   * @param stopIds further ids that end generation (generation_config.json), beside the tokenizer's
   *     end-of-text token
   */
  public SftEncoder(
      Tokenizer tokenizer, Optional<ChatEncoder> chat, TrainOn trainOn, Set<Integer> stopIds) {
    this.tokenizer = tokenizer;
    this.chat = chat;
    this.trainOn = trainOn;
    this.joined = new Joined(tokenizer);
    List<String> special =
        new ArrayList<>(tokenizer.specialIds().stream().map(tokenizer::token).toList());
    tokenizer.eosToken().ifPresent(special::add);
    this.markers = new EndMarkers(special);
    Set<Integer> stops = new HashSet<>(stopIds);
    tokenizer.eosId().ifPresent(stops::add);
    this.stopIds = Set.copyOf(stops);
  }

  /**
   * @throws RowRefused the row cannot be trained on
   */
  EncodedRow encode(Row row) {
    EncodedRow encoded = encodeExample(row);
    if (encoded.sequence().trained() == 0) {
      throw new RowRefused("nothing in the row would be trained");
    }
    return encoded;
  }

  /**
   * The row as a question to the model, in the words that training uses.
   *
   * @return empty for plain text, and for a conversation that does not end with an answer in text
   * @throws LuthierException the template refuses the conversation
   */
  public Optional<Question> question(Row row) {
    Example example = row.example();
    if (example instanceof Instruction instruction) {
      example = chat.isPresent() ? instruction.asChat() : instruction.asPrompt();
    }
    if (example instanceof PromptCompletion pair) {
      if (chat.isEmpty()) {
        int[] prompt = joined.opened(pair.prompt()).ids();
        return Optional.of(new Question(prompt, pair.completion(), row.number()));
      }
      example = pair.asChat();
    }
    if (!(example instanceof Chat conversation) || chat.isEmpty()) {
      return Optional.empty();
    }
    List<Map<String, @Nullable Object>> messages = ChatEncoder.plain(conversation.messages());
    int last = messages.size() - 1;
    if (!"assistant".equals(messages.get(last).get("role"))
        || !(messages.get(last).get("content") instanceof String answer)) {
      return Optional.empty();
    }
    int[] prompt = chat.get().prompt(messages.subList(0, last), conversation.tools());
    return Optional.of(new Question(prompt, answer, row.number()));
  }

  private EncodedRow encodeExample(Row row) {
    Example example = row.example();
    if (example instanceof Text text) {
      return joined(row, joined.text(text.text()));
    }
    if (example instanceof Chat conversation) {
      return chat(row, conversation);
    }
    if (example instanceof PromptCompletion pair) {
      return chat.isPresent() ? chat(row, pair.asChat()) : pair(row, pair);
    }
    if (!(example instanceof Instruction instruction)) {
      throw new RowRefused(
          example.kind() + " rows are not for supervised fine-tuning",
          "to train on one of their answers, name it: data.format=prompt-completion"
              + " data.columns.completion=chosen");
    }
    return chat.isPresent() ? chat(row, instruction.asChat()) : pair(row, instruction.asPrompt());
  }

  private EncodedRow pair(Row row, PromptCompletion pair) {
    return joined(row, joined.pair(pair.prompt(), pair.completion(), trainOn == TrainOn.ALL));
  }

  private EncodedRow joined(Row row, Joined.Parts parts) {
    return finish(row, parts.text(), parts.encoding(), parts.mask(), Set.of());
  }

  private EncodedRow chat(Row row, Chat conversation) {
    ChatEncoder encoder =
        chat.orElseThrow(
            () ->
                new RowRefused(
                    "a conversation needs a chat template, and the model has none; name one with"
                        + " data.template"));
    ChatEncoder.Chat rendered;
    try {
      rendered = encoder.render(conversation.messages(), conversation.tools(), false);
    } catch (LuthierException e) {
      throw new RowRefused(String.valueOf(e.getMessage()));
    }
    Encoding encoding = encoder.encode(rendered);
    List<TurnSpan> turns = List.of();
    List<LabelMask.Span> spans = List.of(new LabelMask.Span(0, rendered.text().length()));
    if (trainOn != TrainOn.ALL) {
      turns = turns(encoder, conversation, rendered);
      spans = turns.stream().map(turn -> new LabelMask.Span(turn.start(), turn.end())).toList();
      if (!rendered.generation().isEmpty() && everyTurnTrained(conversation, turns)) {
        spans = generation(rendered);
      }
    }
    LabelMask mask = LabelMask.of(rendered.text(), encoding, spans);
    if (mask.firstUncovered() >= 0) {
      int at = mask.firstUncovered();
      throw new RowRefused(
          "the tokenizer leaves out '"
              + rendered.text().substring(at, at + 1)
              + "' at position "
              + at
              + " of a trained span");
    }
    return finish(row, rendered.text(), encoding, mask, turnEnds(turns, encoding));
  }

  private List<TurnSpan> turns(ChatEncoder encoder, Chat conversation, ChatEncoder.Chat rendered) {
    AssistantSpans.Renderer renderer =
        (messages, prompt) -> encoder.render(messages, conversation.tools(), prompt).text();
    List<TurnSpan> all =
        new AssistantSpans(
                renderer, markers, ChatEncoder.plain(conversation.messages()), rendered.text())
            .find();
    if (all.isEmpty()) {
      throw new RowRefused("the conversation has no assistant's turn to train");
    }
    List<TurnSpan> trained = new ArrayList<>();
    for (TurnSpan turn : trainOn == TrainOn.LAST ? all.subList(all.size() - 1, all.size()) : all) {
      if (turn.message() >= conversation.trainFrom()
          && wanted(conversation.messages().get(turn.message()))) {
        trained.add(turn);
      }
    }
    return trained;
  }

  /** The template's own blocks in order; one inside another adds nothing. */
  private static List<LabelMask.Span> generation(ChatEncoder.Chat rendered) {
    List<LabelMask.Span> merged = new ArrayList<>();
    for (ChatEncoder.Span span :
        rendered.generation().stream()
            .sorted(Comparator.comparingInt(ChatEncoder.Span::start))
            .toList()) {
      int last = merged.size() - 1;
      if (last >= 0 && span.start() < merged.get(last).end()) {
        int end = Math.max(merged.get(last).end(), span.end());
        merged.set(last, new LabelMask.Span(merged.get(last).start(), end));
      } else {
        merged.add(new LabelMask.Span(span.start(), span.end()));
      }
    }
    return merged;
  }

  /** A message may say that it is context: {@code "train": false} or {@code "weight": 0}. */
  private static boolean wanted(Map<String, @Nullable Object> message) {
    boolean off = Boolean.FALSE.equals(message.get("train"));
    return !off && !(message.get("weight") instanceof Number weight && weight.doubleValue() == 0);
  }

  private static boolean everyTurnTrained(Chat conversation, List<TurnSpan> trained) {
    return trained.size()
        == conversation.messages().stream()
            .filter(message -> "assistant".equals(message.get("role")))
            .count();
  }

  /** Ids of end markers that are one token: what must stop generation. */
  private static Set<Integer> turnEnds(List<TurnSpan> turns, Encoding encoding) {
    Set<Integer> ids = new HashSet<>();
    int token = 0;
    for (TurnSpan turn : turns) {
      while (token < encoding.length() && encoding.ends()[token] < turn.end()) {
        token++;
      }
      if (token < encoding.length()
          && encoding.ends()[token] == turn.end()
          && turn.end() > turn.contentEnd()
          && encoding.starts()[token] >= turn.contentEnd()) {
        ids.add(encoding.ids()[token]);
      }
    }
    return ids;
  }

  private EncodedRow finish(
      Row row, String text, Encoding encoding, LabelMask mask, Set<Integer> turnEnds) {
    int[] labels = mask.labels();
    int last = -1;
    int unknown = 0;
    for (int i = 1; i < labels.length; i++) {
      if (labels[i] != TokenSequence.IGNORED) {
        last = labels[i];
        unknown += isUnknown(text, encoding, i) ? 1 : 0;
      }
    }
    return new EncodedRow(
        new TokenSequence(encoding.ids(), labels, row.number()),
        text,
        encoding,
        mask.straddling(),
        unknown,
        stopIds.contains(last) || turnEnds.contains(last),
        leadingBos(encoding.ids()),
        turnEnds);
  }

  /**
   * The text may spell the unknown token out, as GPT-2's end-of-text, which is also its unknown.
   */
  private boolean isUnknown(String text, Encoding encoding, int token) {
    int id = encoding.ids()[token];
    return tokenizer.unkId().isPresent()
        && id == tokenizer.unkId().getAsInt()
        && !text.substring(encoding.starts()[token], encoding.ends()[token])
            .strip()
            .equals(tokenizer.token(id));
  }

  Tokenizer tokenizer() {
    return tokenizer;
  }

  private int leadingBos(int[] ids) {
    int count = 0;
    while (tokenizer.bosId().isPresent()
        && count < ids.length
        && ids[count] == tokenizer.bosId().getAsInt()) {
      count++;
    }
    return count;
  }
}
