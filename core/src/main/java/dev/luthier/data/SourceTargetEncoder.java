package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.data.Example.Chat;
import dev.luthier.data.Example.Instruction;
import dev.luthier.data.Example.PromptCompletion;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.Encoding;
import dev.luthier.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Prompts for an encoder and answers for the decoder behind it (T5): {@code prompt </s>} is read
 * and {@code answer </s>} trained, each as the tokenizer closes a text. The sequence holds both,
 * the prompt without labels; {@link SourceTargetCollator} takes them apart again.
 *
 * <p>With a chat template a conversation's turns before the last one are the prompt, as rendered.
 * Without one a prompt is its own text, of a conversation the user's only turn; Alpaca rows have
 * Alpaca's prompt.
 */
public final class SourceTargetEncoder implements RowEncoder {
  private final Tokenizer tokenizer;
  private final Optional<ChatEncoder> chat;
  private final Pieces pieces;
  private final int eos;

  /**
   * @param chat the template; empty to do without
   * @param maxTarget tokens of an answer; those of a prompt are the pipeline's
   * @throws LuthierException if the tokenizer has no token that ends a text
   */
  public SourceTargetEncoder(Tokenizer tokenizer, Optional<ChatEncoder> chat, int maxTarget) {
    this.tokenizer = tokenizer;
    this.chat = chat;
    this.pieces = new Parts(maxTarget);
    this.eos =
        tokenizer
            .eosId()
            .orElseThrow(
                () ->
                    new LuthierException(
                        "the tokenizer names no token that ends a text, which prompts and answers"
                            + " of a model with an encoder end with: name it as eos_token in"
                            + " tokenizer_config.json"));
  }

  @Override
  public EncodedRow encode(Row row) {
    PromptCompletion pair = pair(row.example());
    Encoding source = closed(pair.prompt());
    Encoding target = closed(pair.completion());
    String end = tokenizer.eosToken().orElse("");
    String prompt = pair.prompt() + end;
    int length = source.length() + target.length();
    int[] ids = Arrays.copyOf(source.ids(), length);
    int[] starts = Arrays.copyOf(source.starts(), length);
    int[] ends = Arrays.copyOf(source.ends(), length);
    int[] labels = new int[length];
    Arrays.fill(labels, TokenSequence.IGNORED);
    int unknown = 0;
    int unknownId = tokenizer.unkId().orElse(-1);
    for (int i = 0; i < target.length(); i++) {
      int at = source.length() + i;
      ids[at] = target.ids()[i];
      labels[at] = ids[at];
      starts[at] = prompt.length() + target.starts()[i];
      ends[at] = prompt.length() + target.ends()[i];
      unknown += ids[at] == unknownId ? 1 : 0;
    }
    return new EncodedRow(
        new TokenSequence(ids, labels, row.number()),
        prompt + pair.completion() + end,
        new Encoding(ids, starts, ends),
        0,
        unknown,
        true,
        0,
        Set.of(),
        Dropped.NOTHING);
  }

  @Override
  public Optional<Question> question(Row row) {
    try {
      PromptCompletion pair = pair(row.example());
      return Optional.of(
          new Question(closed(pair.prompt()).ids(), pair.completion(), row.number()));
    } catch (RowRefused e) {
      return Optional.empty();
    }
  }

  /** The prompt of a conversation whose last turn is the user's. */
  int[] prompt(List<Map<String, @Nullable Object>> messages, List<Object> tools) {
    return closed(rendered(messages, tools)).ids();
  }

  private PromptCompletion pair(Example example) {
    if (example instanceof PromptCompletion pair) {
      return chat.isPresent() ? pair(pair.asChat()) : pair;
    }
    if (example instanceof Instruction instruction) {
      return chat.isPresent() ? pair(instruction.asChat()) : instruction.asPrompt();
    }
    if (!(example instanceof Chat conversation)) {
      throw new RowRefused(
          example.kind() + " rows have no prompt and answer, which a model with an encoder needs",
          "give rows with prompt and completion, messages, or instruction and output");
    }
    List<Map<String, @Nullable Object>> messages = ConversationEncoder.messages(conversation);
    int last = messages.size() - 1;
    if (last < 1
        || !"assistant".equals(messages.get(last).get("role"))
        || !(messages.get(last).get("content") instanceof String answer)) {
      throw new RowRefused("the conversation does not end with an answer in text");
    }
    return new PromptCompletion(rendered(messages.subList(0, last), conversation.tools()), answer);
  }

  private String rendered(List<Map<String, @Nullable Object>> messages, List<Object> tools) {
    if (chat.isPresent()) {
      return chat.get().render(messages, tools, true).text();
    }
    if (messages.size() == 1
        && "user".equals(messages.get(0).get("role"))
        && messages.get(0).get("content") instanceof String text) {
      return text;
    }
    throw new RowRefused(
        "a conversation of several turns needs a chat template, and there is none",
        "name one, such as data.template=chatml");
  }

  /** The tokens of a text and the one that ends it. */
  private Encoding closed(String text) {
    Encoding encoding = tokenizer.encode(text, true);
    int n = encoding.length();
    int end = text.length() + tokenizer.eosToken().orElse("").length();
    if (n > 0 && encoding.ids()[n - 1] == eos && encoding.ends()[n - 1] <= text.length()) {
      boolean added = encoding.starts()[n - 1] == encoding.ends()[n - 1];
      int[] starts = encoding.starts().clone();
      int[] ends = encoding.ends().clone();
      starts[n - 1] = added ? text.length() : starts[n - 1];
      ends[n - 1] = added ? end : ends[n - 1];
      return new Encoding(encoding.ids(), starts, ends);
    }
    int[] ids = Arrays.copyOf(encoding.ids(), n + 1);
    int[] starts = Arrays.copyOf(encoding.starts(), n + 1);
    int[] ends = Arrays.copyOf(encoding.ends(), n + 1);
    ids[n] = eos;
    starts[n] = text.length();
    ends[n] = end;
    return new Encoding(ids, starts, ends);
  }

  @Override
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public Pieces pieces() {
    return pieces;
  }

  /** Prompt and answer each cut at their end, which stays closed. */
  private record Parts(int maxTarget) implements Pieces {
    @Override
    public boolean fits(TokenSequence sequence, int maxLength) {
      int source = SourceTargetCollator.source(sequence);
      return source <= maxLength && sequence.length() - source <= maxTarget;
    }

    @Override
    public List<TokenSequence> of(TokenSequence sequence, int maxLength) {
      int source = SourceTargetCollator.source(sequence);
      int read = Math.min(source, maxLength);
      int trained = Math.min(sequence.length() - source, maxTarget);
      return List.of(
          new TokenSequence(
              part(sequence.tokens(), source, read, trained),
              part(sequence.labels(), source, read, trained),
              sequence.row()));
    }

    private static int[] part(int[] all, int source, int read, int trained) {
      int[] out = Arrays.copyOf(all, read + trained);
      System.arraycopy(all, source, out, read, trained);
      out[read - 1] = all[source - 1];
      out[read + trained - 1] = all[all.length - 1];
      return out;
    }
  }
}
