package dev.luthier.tokenizer;

import dev.luthier.LuthierException;
import dev.luthier.tokenizer.jinja.Rendered;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Messages to text to ids: the one path that training, evaluation, generation and serving share, so
 * that a model is asked in exactly the words it was trained on.
 *
 * <p>The rendered text brings its own BOS where the template prints one, and the tokenizer adds
 * nothing to it, as {@code apply_chat_template} does: BOS is never doubled. Content that is a list
 * of text parts ({@code [{"type": "text", "text": "Hi"}]}, LLaMA-Factory's {@code value} for {@code
 * text} too) becomes one string first, because most templates cannot take a list.
 */
public final class ChatEncoder {
  /** How a conversation becomes text. */
  @FunctionalInterface
  public interface Renderer {
    /**
     * @param addGenerationPrompt whether the text ends where the assistant starts to speak
     * @throws LuthierException the template refuses the conversation
     */
    Chat render(
        List<Map<String, @Nullable Object>> messages,
        List<Object> tools,
        boolean addGenerationPrompt);
  }

  /** A stretch of text, {@code [start, end)} in UTF-16 positions. */
  public record Span(int start, int end) {}

  /**
   * A rendered conversation.
   *
   * @param generation what the template's own {@code {% generation %}} blocks printed; empty for
   *     templates without them
   */
  public record Chat(String text, List<Span> generation) {
    public Chat {
      generation = List.copyOf(generation);
    }
  }

  private static final Pattern MARKER = Pattern.compile("(?<!<)<[^<>\\s]{1,64}>(?!>)");
  private static final List<List<String>> PROBES =
      List.of(
          List.of("system", "user", "assistant", "user", "assistant"),
          List.of("user", "assistant"));

  private final Tokenizer tokenizer;
  private final Renderer renderer;

  /**
   * @param renderer the template with the tokenizer's special tokens
   */
  public ChatEncoder(Tokenizer tokenizer, Renderer renderer) {
    this.tokenizer = tokenizer;
    this.renderer = renderer;
  }

  /**
   * A template as a renderer.
   *
   * @param special {@code bos_token}, {@code eos_token}, ... and their text
   */
  public static Renderer renderer(ChatTemplate template, Map<String, String> special, Clock clock) {
    return renderer(template, template, special, clock);
  }

  /** The same for a model with one template for conversations with tools and one for others. */
  static Renderer renderer(
      ChatTemplate plain, ChatTemplate forTools, Map<String, String> special, Clock clock) {
    return (messages, tools, addGenerationPrompt) -> {
      TemplateInput input =
          TemplateInput.of(messages)
              .withGenerationPrompt(addGenerationPrompt)
              .withSpecialTokens(special)
              .withClock(clock);
      Rendered rendered =
          tools.isEmpty() ? plain.render(input) : forTools.render(input.withTools(schemas(tools)));
      return new Chat(
          rendered.text(),
          rendered.generationSpans().stream()
              .map(span -> new Span(span.start(), span.end()))
              .toList());
    };
  }

  private static List<Map<String, ?>> schemas(List<Object> tools) {
    List<Map<String, ?>> schemas = new ArrayList<>();
    for (Object tool : tools) {
      if (!(tool instanceof Map<?, ?> map)) {
        throw new LuthierException("tools: expected a list of JSON objects, found " + tool);
      }
      Map<String, Object> schema = new LinkedHashMap<>();
      map.forEach((key, value) -> schema.put(String.valueOf(key), value));
      schemas.add(schema);
    }
    return schemas;
  }

  /** Renders a conversation. */
  public Chat render(
      List<? extends Map<String, ? extends @Nullable Object>> messages,
      List<Object> tools,
      boolean addGenerationPrompt) {
    return renderer.render(plain(messages), tools, addGenerationPrompt);
  }

  /**
   * The messages as the template gets them: lists of text parts joined to strings. Messages without
   * such lists are the very ones that were given, and not to be changed.
   */
  public static List<Map<String, @Nullable Object>> plain(
      List<? extends Map<String, ? extends @Nullable Object>> messages) {
    List<Map<String, @Nullable Object>> plain = new ArrayList<>(messages.size());
    for (Map<String, ? extends @Nullable Object> message : messages) {
      plain.add(message.get("content") instanceof List<?> ? copied(message) : same(message));
    }
    return plain;
  }

  private static Map<String, @Nullable Object> copied(
      Map<String, ? extends @Nullable Object> message) {
    Map<String, @Nullable Object> copy = new LinkedHashMap<>(message);
    copy.computeIfPresent("content", (key, content) -> joined(content));
    return copy;
  }

  /** Templates read messages and never write to them. */
  @SuppressWarnings("unchecked")
  private static Map<String, @Nullable Object> same(
      Map<String, ? extends @Nullable Object> message) {
    return (Map<String, @Nullable Object>) message;
  }

  /** The tokens of a rendered text, with their places in it. */
  public Encoding encode(Chat chat) {
    return tokenizer.encodeRendered(chat.text());
  }

  /**
   * The markers in angle brackets that the template prints around turns and that the tokenizer
   * splits into several tokens, in the order of their first appearance. Such a marker is learned as
   * ordinary text, and no single id can stop generation at it; the model's own template, or one
   * whose markers the tokenizer has, is the better choice.
   *
   * <p>{@code <|im_start|>} and {@code <|im_end|>} for ChatML with Llama 2's tokenizer.
   */
  public List<String> splitMarkers() {
    return markers().stream()
        .filter(marker -> tokenizer.encodeIds(marker, false).length > 1)
        .toList();
  }

  /** The markers in angle brackets that the template prints around turns. */
  public List<String> markers() {
    Set<String> markers = new LinkedHashSet<>();
    for (List<String> roles : PROBES) {
      List<Map<String, @Nullable Object>> messages = new ArrayList<>();
      for (String role : roles) {
        messages.add(new LinkedHashMap<>(Map.of("role", role, "content", "word")));
      }
      try {
        Matcher marker = MARKER.matcher(render(messages, List.of(), false).text());
        while (marker.find()) {
          markers.add(marker.group());
        }
      } catch (LuthierException refused) {
        // a template may have no system turn
      }
    }
    return List.copyOf(markers);
  }

  /** The ids that ask for the assistant's next turn. */
  public int[] prompt(
      List<? extends Map<String, ? extends @Nullable Object>> messages, List<Object> tools) {
    return tokenizer.encodeRendered(render(messages, tools, true).text()).ids();
  }

  private static Object joined(Object content) {
    if (!(content instanceof List<?> parts) || parts.isEmpty()) {
      return content;
    }
    StringBuilder text = new StringBuilder();
    for (Object part : parts) {
      if (part instanceof Map<?, ?> map
          && "text".equals(map.get("type"))
          && (map.containsKey("text") ? map.get("text") : map.get("value"))
              instanceof String words) {
        text.append(words);
      } else {
        return content;
      }
    }
    return text.toString();
  }
}
