package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.DataSettings.TrainOnEnd;
import dev.luthier.data.Example.Chat;
import dev.luthier.data.Example.Instruction;
import dev.luthier.data.Example.Labelled;
import dev.luthier.data.Example.Preference;
import dev.luthier.data.Example.PromptCompletion;
import dev.luthier.data.Example.Text;
import dev.luthier.data.Example.Unpaired;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.Encoding;
import dev.luthier.tokenizer.Tokenizer;
import java.util.ArrayList;
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
 * AssistantSpans} and {@link LabelMask}; which turns are trained is {@link TrainingPolicy}'s.
 * Prompt-completion and Alpaca rows become conversations of a user's and an assistant's turn. A
 * template's own {@code {% generation %}} blocks are used where it has them and every turn is
 * trained.
 *
 * <p>Without one, prompt and completion are tokenized apart and joined, the end-of-text token
 * follows, and completion and end are trained; BOS stands in front where the tokenizer puts it. So
 * with Llama 2's tokenizer {@code {"prompt": "2+2=", "completion": "4"}} gives {@code <s> 2 + 2 =},
 * read, and {@code 4 </s>}, trained. Plain text is trained whole.
 *
 * <p>Safe for use by many threads.
 */
public final class SftEncoder implements RowEncoder {
  private final Tokenizer tokenizer;
  private final Optional<ChatEncoder> chat;
  private final Optional<ConversationEncoder> conversations;
  private final TrainOn trainOn;
  private final Joined joined;
  private final Set<Integer> stopIds;

  /** Ids, -1 where the tokenizer has none. */
  private final int unknownId;

  private final int bosId;

  /**
   * @param chat the model's template; empty to do without
   * @param stopIds further ids that end generation (generation_config.json), beside the tokenizer's
   *     end-of-text token
   */
  public SftEncoder(
      Tokenizer tokenizer, Optional<ChatEncoder> chat, TrainOn trainOn, Set<Integer> stopIds) {
    this(tokenizer, chat, trainOn, TrainOnEnd.TURN, stopIds);
  }

  /** The same with a choice of the end markers that are trained. */
  public SftEncoder(
      Tokenizer tokenizer,
      Optional<ChatEncoder> chat,
      TrainOn trainOn,
      TrainOnEnd trainOnEnd,
      Set<Integer> stopIds) {
    this.tokenizer = tokenizer;
    this.chat = chat;
    this.trainOn = trainOn;
    this.joined = new Joined(tokenizer, trainOnEnd != TrainOnEnd.NONE);
    List<String> special =
        new ArrayList<>(tokenizer.specialIds().stream().map(tokenizer::token).toList());
    tokenizer.eosToken().ifPresent(special::add);
    TrainingPolicy policy = new TrainingPolicy(trainOn, trainOnEnd);
    this.conversations = chat.map(c -> new ConversationEncoder(c, new EndMarkers(special), policy));
    Set<Integer> stops = new HashSet<>(stopIds);
    tokenizer.eosId().ifPresent(stops::add);
    this.stopIds = Set.copyOf(stops);
    this.unknownId = tokenizer.unkId().orElse(-1);
    this.bosId = tokenizer.bosId().orElse(-1);
  }

  /**
   * The row as tokens and labels.
   *
   * @throws RowRefused the row cannot be trained on
   */
  @Override
  public EncodedRow encode(Row row) {
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
  @Override
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
    List<Map<String, @Nullable Object>> messages = ConversationEncoder.messages(conversation);
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
          example.kind() + " rows are not for supervised fine-tuning", use(example));
    }
    return chat.isPresent() ? chat(row, instruction.asChat()) : pair(row, instruction.asPrompt());
  }

  /** How such rows can be trained on all the same. */
  private static String use(Example example) {
    if (example instanceof Preference) {
      return "to train on the better answers: data.format=prompt-completion"
          + " data.columns.completion=chosen, or, where these hold the prompt too,"
          + " data.format=messages data.columns.messages=chosen";
    }
    if (example instanceof Unpaired) {
      return "to train on all answers, unwanted ones too, name their format: data.format=messages"
          + " or prompt-completion";
    }
    return example instanceof Labelled ? "to train on their texts: data.format=text" : "";
  }

  private EncodedRow pair(Row row, PromptCompletion pair) {
    return joined(row, joined.pair(pair.prompt(), pair.completion(), trainOn == TrainOn.ALL));
  }

  private EncodedRow joined(Row row, Joined.Parts parts) {
    return finish(row, parts.text(), parts.encoding(), parts.mask(), Set.of(), Dropped.NOTHING);
  }

  private EncodedRow chat(Row row, Chat conversation) {
    if (conversations.isEmpty()) {
      throw new RowRefused(
          "a conversation needs a chat template, and there is none",
          "name one, such as data.template=chatml");
    }
    ConversationEncoder.Encoded encoded = conversations.get().encode(conversation);
    return finish(
        row,
        encoded.text(),
        encoded.encoding(),
        encoded.mask(),
        encoded.turnEnds(),
        encoded.dropped());
  }

  private EncodedRow finish(
      Row row,
      String text,
      Encoding encoding,
      LabelMask mask,
      Set<Integer> turnEnds,
      Dropped dropped) {
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
        turnEnds,
        dropped);
  }

  /**
   * The text may spell the unknown token out, as GPT-2's end-of-text, which is also its unknown.
   */
  private boolean isUnknown(String text, Encoding encoding, int token) {
    int id = encoding.ids()[token];
    return id == unknownId
        && !text.substring(encoding.starts()[token], encoding.ends()[token])
            .strip()
            .equals(tokenizer.token(id));
  }

  @Override
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  private int leadingBos(int[] ids) {
    int count = 0;
    while (count < ids.length && ids[count] == bosId) {
      count++;
    }
    return count;
  }
}
