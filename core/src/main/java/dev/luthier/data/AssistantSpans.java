package dev.luthier.data;

import dev.luthier.LuthierException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds where each assistant's turn stands in a rendered conversation, for any template.
 *
 * <p>Searching the text for the message would be wrong as soon as a user quotes it. Instead the
 * conversation is rendered once more with the turn's content replaced by a word that occurs nowhere
 * else. What stands before and after that word then also stands before and after the content in the
 * real rendering, and what is left between is the content as the template wrote it: trimmed,
 * shortened by its reasoning, or as it was.
 *
 * <p>Example, ChatML: probe {@code "...<|im_start|>assistant\n" + S + "<|im_end|>\n"}, rendering
 * {@code "...<|im_start|>assistant\nHi!<|im_end|>\n"}: the turn is {@code "Hi!"}, and {@code
 * "<|im_end|>"} closes it.
 *
 * <p>Where a template writes something else around real content than around the word (it splits off
 * reasoning, or prints tool calls), the turn starts where the generation prompt of the messages
 * before it ends, and ends where the rendering of the messages up to it ends. A turn that neither
 * way finds makes the row unusable.
 */
final class AssistantSpans {
  /** Renders messages with the row's tools. */
  interface Renderer {
    /**
     * @throws LuthierException the template refuses the messages
     */
    String render(List<Map<String, @Nullable Object>> messages, boolean generationPrompt);
  }

  /** What stands before and after the replaced content. */
  private record Probe(String before, String after) {}

  private static final List<String> REASONING =
      List.of("reasoning_content", "reasoning", "thinking");

  /** How JSON in ASCII writes the word's first character. */
  private static final String ESCAPED = "\\ue5f0";

  private static final String END_OF_REASONING = "</think>";

  private final Renderer renderer;
  private final EndMarkers markers;
  private final List<Map<String, @Nullable Object>> messages;
  private final String text;
  private final String word;

  /**
   * @param text the messages rendered without a generation prompt
   */
  AssistantSpans(
      Renderer renderer,
      EndMarkers markers,
      List<Map<String, @Nullable Object>> messages,
      String text) {
    this.renderer = renderer;
    this.markers = markers;
    this.messages = messages;
    this.text = text;
    String unused = "\uE5F0\uE5F1";
    while (text.contains(unused)) {
      unused += "\uE5F1";
    }
    this.word = unused;
  }

  /**
   * The assistant's turns in order.
   *
   * @throws RowRefused a turn cannot be found
   */
  List<TurnSpan> find() {
    List<TurnSpan> spans = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < messages.size(); i++) {
      if ("assistant".equals(messages.get(i).get("role"))) {
        TurnSpan span = find(i, from);
        spans.add(span);
        from = span.end();
      }
    }
    return spans;
  }

  /**
   * Where one message stands.
   *
   * @param from the end of the turn before it
   * @throws RowRefused it cannot be found
   */
  TurnSpan find(int message, int from) {
    Optional<Probe> probe = probe(messages, message, false);
    Optional<Integer> content = start(message, probe).filter(at -> at >= from);
    if (content.isEmpty()) {
      throw notFound(message, "begins");
    }
    int start = opened(message, content.get());
    List<String> alone = markers.runAt(tail(message), 0);
    Optional<Integer> contentEnd =
        probe
            .filter(p -> text.endsWith(p.after()))
            .map(p -> text.length() - p.after().length())
            .filter(end -> end >= content.get());
    TurnSpan span;
    if (contentEnd.isPresent()) {
      int end = markers.closing(text, contentEnd.get(), alone);
      span = new TurnSpan(message, start, content.get(), contentEnd.get(), end);
    } else {
      int end = endOfPrefix(message).filter(at -> at >= content.get()).orElse(-1);
      if (end < 0) {
        throw notFound(message, "ends");
      }
      span = new TurnSpan(message, start, content.get(), beforeMarkers(end, alone), end);
    }
    verify(span);
    return span;
  }

  /** Where the closing markers begin that end at {@code end}; there may be none. */
  private int beforeMarkers(int end, List<String> alone) {
    int at = end - String.join("", alone).length();
    return at >= 0 && markers.closing(text, at, alone) == end ? at : end;
  }

  /** Where the generation prompt ends, if only white space stands between it and the content. */
  private int opened(int message, int content) {
    if (!"assistant".equals(messages.get(message).get("role"))) {
      return content;
    }
    List<Map<String, @Nullable Object>> before = messages.subList(0, message);
    return tryRender(before, true)
        .filter(prompt -> prompt.length() <= content && text.startsWith(prompt))
        .map(prompt -> text.substring(prompt.length(), content))
        .or(() -> betweenTurns(before, content))
        .filter(String::isBlank)
        .map(gap -> content - gap.length())
        .orElse(content);
  }

  /**
   * The same for templates that write earlier messages in another way once others follow: what
   * stands between the message before and this content, less the generation prompt.
   */
  private Optional<String> betweenTurns(List<Map<String, @Nullable Object>> before, int content) {
    if (before.isEmpty()) {
      return Optional.empty();
    }
    int last = before.size() - 1;
    Optional<String> prompt = probe(before, last, true).map(Probe::after);
    return probe(messages, last, false)
        .map(Probe::after)
        .filter(after -> after.endsWith(text.substring(content)))
        .map(after -> after.substring(0, after.length() - (text.length() - content)))
        .filter(between -> prompt.isPresent() && between.startsWith(prompt.get()))
        .map(between -> between.substring(prompt.orElseThrow().length()));
  }

  /** What is left of a message in the text. */
  enum Left {
    ALL,
    NOTHING,
    UNKNOWN
  }

  /** Whether the content of a message is in the text at the place where it would be. */
  Left left(int message) {
    List<Map<String, @Nullable Object>> copy = withWord(messages, message);
    Optional<String> out = tryRender(copy, false);
    if (out.isEmpty()) {
      return Left.UNKNOWN;
    }
    int at = out.get().indexOf(word);
    if (at < 0) {
      return out.get().contains(ESCAPED) ? Left.ALL : Left.NOTHING;
    }
    String before = out.get().substring(0, at);
    String after = out.get().substring(at + word.length());
    boolean empty =
        text.startsWith(before)
            && text.endsWith(after)
            && text.length() - after.length() >= before.length()
            && text.substring(before.length(), text.length() - after.length()).isBlank();
    return empty ? Left.NOTHING : Left.ALL;
  }

  private Optional<Integer> start(int message, Optional<Probe> probe) {
    Optional<Integer> byProbe =
        probe.filter(p -> text.startsWith(p.before())).map(p -> p.before().length());
    if (byProbe.isPresent() || !"assistant".equals(messages.get(message).get("role"))) {
      return byProbe;
    }
    Optional<String> prompt = tryRender(messages.subList(0, message), true);
    if (prompt.isPresent() && text.startsWith(prompt.get())) {
      return prompt.map(String::length);
    }
    // a tool call may stand where the content would have had a space before it
    return probe
        .map(Probe::before)
        .filter(before -> before.substring(commonPrefix(before)).isBlank())
        .map(this::commonPrefix);
  }

  private int commonPrefix(String other) {
    int limit = Math.min(other.length(), text.length());
    int at = 0;
    while (at < limit && other.charAt(at) == text.charAt(at)) {
      at++;
    }
    return at;
  }

  private Optional<Integer> endOfPrefix(int message) {
    return tryRender(messages.subList(0, message + 1), false)
        .map(String::stripTrailing)
        .filter(text::startsWith)
        .map(String::length);
  }

  /** What the template prints after this turn's content when the turn is the last. */
  private String tail(int message) {
    return probe(messages.subList(0, message + 1), message, false).map(Probe::after).orElse("");
  }

  private Optional<Probe> probe(
      List<Map<String, @Nullable Object>> all, int message, boolean generationPrompt) {
    List<Map<String, @Nullable Object>> copy = withWord(all, message);
    return tryRender(copy, generationPrompt)
        .filter(out -> out.contains(word) && out.indexOf(word) == out.lastIndexOf(word))
        .map(
            out ->
                new Probe(
                    out.substring(0, out.indexOf(word)),
                    out.substring(out.indexOf(word) + word.length())));
  }

  private List<Map<String, @Nullable Object>> withWord(
      List<Map<String, @Nullable Object>> all, int message) {
    Map<String, @Nullable Object> original = all.get(message);
    Map<String, @Nullable Object> changed = new LinkedHashMap<>();
    if (plain(original)) {
      changed.putAll(original);
    }
    changed.put("role", original.get("role"));
    changed.put("content", word);
    List<Map<String, @Nullable Object>> copy = new ArrayList<>(all);
    copy.set(message, changed);
    return copy;
  }

  private Optional<String> tryRender(
      List<Map<String, @Nullable Object>> some, boolean generationPrompt) {
    try {
      return Optional.of(renderer.render(some, generationPrompt));
    } catch (LuthierException refused) {
      return Optional.empty();
    }
  }

  /** Whether the turn is its content and nothing else. */
  private static boolean plain(Map<String, @Nullable Object> message) {
    return !callsTools(message)
        && REASONING.stream().allMatch(key -> blank(message.get(key)))
        && !blank(message.get("content"));
  }

  private static boolean callsTools(Map<String, @Nullable Object> message) {
    return message.get("function_call") != null
        || (message.get("tool_calls") instanceof List<?> calls && !calls.isEmpty());
  }

  private static boolean blank(@Nullable Object value) {
    return value == null || (value instanceof String string && string.isBlank());
  }

  /** The answer, at least, must stand in the span; reasoning the template may have dropped. */
  private void verify(TurnSpan span) {
    Map<String, @Nullable Object> message = messages.get(span.message());
    if (!(message.get("content") instanceof String content) || callsTools(message)) {
      return;
    }
    String written = text.substring(span.content(), span.contentEnd());
    int reasoned = content.lastIndexOf(END_OF_REASONING);
    String answer =
        reasoned < 0 ? content : content.substring(reasoned + END_OF_REASONING.length());
    boolean asIs =
        written.strip().equals(content.strip()) || written.strip().equals(answer.strip());
    if (!asIs && !squeeze(written).contains(squeeze(answer))) {
      throw new RowRefused(
          "message "
              + (span.message() + 1)
              + " ("
              + message.get("role")
              + "): the chat template writes "
              + quote(written)
              + " where the message says "
              + quote(content)
              + ", so it cannot be told what to train; use another template (data.template)");
    }
  }

  private static String squeeze(String s) {
    return s.replaceAll("\\s+", "");
  }

  private static String quote(String s) {
    return "\"" + (s.length() > 60 ? s.substring(0, 60) + "..." : s).replace("\n", "\\n") + "\"";
  }

  private RowRefused notFound(int message, String what) {
    return new RowRefused(
        "message "
            + (message + 1)
            + " ("
            + messages.get(message).get("role")
            + "): it cannot be told where it "
            + what
            + " in the text that the chat template renders; the template may leave such messages"
            + " out");
  }
}
