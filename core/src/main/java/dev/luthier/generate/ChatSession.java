package dev.luthier.generate;

import dev.luthier.LuthierException;
import dev.luthier.tokenizer.ChatEncoder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A conversation: keeps the messages, asks for the assistant's next turn in the words of the
 * model's template, and reads of each new prompt only what the last one did not hold.
 *
 * <p>Not for several threads.
 */
public final class ChatSession implements AutoCloseable {
  private final Generator generator;
  private final ChatEncoder encoder;
  private final List<Object> tools;
  private final PromptCache cache;
  private final List<Map<String, @Nullable Object>> messages = new ArrayList<>();

  /**
   * @param tools tool declarations, handed to the template; empty when there are none
   */
  public ChatSession(Generator generator, ChatEncoder encoder, List<Object> tools) {
    this.generator = generator;
    this.encoder = encoder;
    this.tools = List.copyOf(tools);
    this.cache = new PromptCache(generator.model());
  }

  /** Appends a message that is not answered at once: the system's, or a turn from before. */
  public void add(Map<String, ? extends @Nullable Object> message) {
    messages.add(new LinkedHashMap<>(message));
  }

  /** Appends a message of plain text. */
  public void add(String role, String content) {
    Map<String, @Nullable Object> message = new LinkedHashMap<>();
    message.put("role", role);
    message.put("content", content);
    messages.add(message);
  }

  /**
   * Says something as the user and gives the assistant's answer, which is kept as its turn, also
   * when it was cut off.
   *
   * @throws LuthierException when the template refuses the conversation, or it has outgrown the
   *     model's context; the user's message is then taken back
   */
  public Generation reply(
      String user,
      GenerateSettings settings,
      GenerateListener listener,
      BooleanSupplier cancelled) {
    add("user", user);
    try {
      int[] prompt = encoder.prompt(messages, tools);
      Generation answer =
          generator.generate(new GenerateRequest(prompt, settings), cache, listener, cancelled);
      add("assistant", answer.text());
      return answer;
    } catch (LuthierException e) {
      messages.remove(messages.size() - 1);
      throw e;
    }
  }

  /** The conversation so far, oldest first. */
  public List<Map<String, @Nullable Object>> messages() {
    return Collections.unmodifiableList(messages);
  }

  /** Forgets all messages. */
  public void clear() {
    messages.clear();
  }

  @Override
  public void close() {
    cache.close();
  }
}
