package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.tokenizer.ChatEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The skeletons of one template, by the roles of a conversation. Each is found once, by rendering
 * words that occur nowhere else in the place of all contents; most data sets have few sequences of
 * roles. Only conversations of plain text have one: no tools, no keys but role and content.
 *
 * <p>Safe for use by many threads.
 */
final class Skeletons {
  /** Sequences of roles that are remembered. */
  private static final int MOST = 1000;

  private static final char FIRST = '\uE000';
  private static final int WORDS = 4096;

  private final ChatEncoder encoder;
  private final EndMarkers markers;
  private final Map<List<String>, Optional<Skeleton>> known = new ConcurrentHashMap<>();

  Skeletons(ChatEncoder encoder, EndMarkers markers) {
    this.encoder = encoder;
    this.markers = markers;
  }

  /**
   * The turns of a conversation, found by its skeleton.
   *
   * @param text the messages rendered without a generation prompt
   * @return empty where there is none, or where it does not say
   */
  Optional<List<TurnSpan>> find(List<Map<String, @Nullable Object>> messages, String text) {
    List<String> roles = new ArrayList<>(messages.size());
    List<String> contents = new ArrayList<>(messages.size());
    for (Map<String, @Nullable Object> message : messages) {
      if (message.size() == 2
          && message.get("role") instanceof String role
          && message.get("content") instanceof String content
          && !content.isBlank()) {
        roles.add(role);
        contents.add(content);
      } else {
        return Optional.empty();
      }
    }
    Optional<Skeleton> skeleton = known.get(roles);
    if (skeleton == null) {
      if (known.size() >= MOST || roles.size() > WORDS) {
        return Optional.empty();
      }
      skeleton = known.computeIfAbsent(List.copyOf(roles), this::skeleton);
    }
    return skeleton.flatMap(s -> s.match(text, contents, markers));
  }

  private Optional<Skeleton> skeleton(List<String> roles) {
    Optional<String> rendered = render(roles, false);
    if (rendered.isEmpty()) {
      return Optional.empty();
    }
    String text = rendered.get();
    List<String> literals = new ArrayList<>();
    List<Integer> order = new ArrayList<>();
    int from = 0;
    for (int at = 0; at < text.length(); at++) {
      int message = text.charAt(at) - FIRST;
      if (message >= 0 && message < roles.size()) {
        literals.add(text.substring(from, at));
        order.add(message);
        from = at + 1;
      }
    }
    literals.add(text.substring(from));
    boolean everyOne =
        order.size() == roles.size() && order.stream().distinct().count() == order.size();
    if (!everyOne || literals.subList(1, order.size()).stream().anyMatch(String::isBlank)) {
      return Optional.empty();
    }
    List<Integer> gaps = new ArrayList<>();
    List<List<String>> alone = new ArrayList<>();
    for (int i = 0; i < roles.size(); i++) {
      gaps.add(roles.get(i).equals("assistant") ? gap(text, roles, i) : 0);
      alone.add(alone(roles.subList(0, i + 1)));
    }
    return Optional.of(new Skeleton(literals, order, gaps, alone));
  }

  /** White space between the generation prompt and the content. */
  private int gap(String text, List<String> roles, int message) {
    String before = text.substring(0, text.indexOf(word(message)));
    Optional<String> prompt = render(roles.subList(0, message), true);
    return prompt
        .filter(before::startsWith)
        .map(p -> before.substring(p.length()))
        .or(() -> prompt.flatMap(p -> betweenTurns(before, p, message - 1)))
        .filter(String::isBlank)
        .map(String::length)
        .orElse(0);
  }

  /** As {@link AssistantSpans} does it. */
  private static Optional<String> betweenTurns(String before, String prompt, int last) {
    if (last < 0 || !before.contains(word(last)) || !prompt.contains(word(last))) {
      return Optional.empty();
    }
    String between = before.substring(before.indexOf(word(last)) + 1);
    String asked = prompt.substring(prompt.indexOf(word(last)) + 1);
    return between.startsWith(asked)
        ? Optional.of(between.substring(asked.length()))
        : Optional.empty();
  }

  private List<String> alone(List<String> roles) {
    String last = word(roles.size() - 1);
    return render(roles, false)
        .filter(text -> text.contains(last) && text.indexOf(last) == text.lastIndexOf(last))
        .map(text -> text.substring(text.indexOf(last) + 1))
        .map(tail -> markers.runAt(tail, 0))
        .orElse(List.of());
  }

  private Optional<String> render(List<String> roles, boolean generationPrompt) {
    List<Map<String, @Nullable Object>> messages = new ArrayList<>();
    for (int i = 0; i < roles.size(); i++) {
      messages.add(Example.Chat.message(roles.get(i), word(i)));
    }
    try {
      return Optional.of(encoder.render(messages, List.of(), generationPrompt).text());
    } catch (LuthierException refused) {
      return Optional.empty();
    }
  }

  private static String word(int message) {
    return String.valueOf((char) (FIRST + message));
  }
}
