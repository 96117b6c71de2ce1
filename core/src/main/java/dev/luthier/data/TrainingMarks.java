package dev.luthier.data;

import dev.luthier.data.source.ValueText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a message itself says about its training.
 *
 * <table>
 * <caption>Keys</caption>
 * <tr><td>{@code train}</td><td>true or false</td></tr>
 * <tr><td>{@code weight}, {@code loss_weight}</td><td>1 or 0, the same as true or false</td></tr>
 * <tr><td>{@code train_detail}</td><td>ranges of characters, as axolotl has them: {@code
 * [{"begin_offset": 0, "end_offset": 4, "train": true}]}. Offsets count Unicode code points of the
 * content, the end is included, and what no range covers is not trained</td></tr>
 * </table>
 *
 * <p>Where the content is a list of text parts, each part may carry {@code train}, {@code weight}
 * or {@code loss_weight} of its own; a part without follows the message.
 *
 * @param train whether the message is trained; empty when it does not say
 * @param parts what is said of stretches of the content, in UTF-16 positions in it; later ones win
 */
record TrainingMarks(Optional<Boolean> train, List<Part> parts) {
  private static final TrainingMarks NONE = new TrainingMarks(Optional.empty(), List.of());
  private static final List<String> FLAGS = List.of("train", "weight", "loss_weight");
  private static final String DETAIL = "train_detail";
  private static final Set<String> KEYS = Set.of("train", "weight", "loss_weight", DETAIL);

  /** A stretch of a message's content, {@code [start, end)}. */
  record Part(int start, int end, boolean train) {}

  TrainingMarks {
    parts = List.copyOf(parts);
  }

  /**
   * @param message as in the file
   * @param plain the same as the template gets it
   * @param index of the message, for errors
   * @throws RowRefused a mark is not one of those above
   */
  static TrainingMarks of(
      Map<String, ? extends @Nullable Object> message,
      Map<String, ? extends @Nullable Object> plain,
      int index) {
    if (!(message.get("content") instanceof List<?>)
        && (message.size() == 2 || KEYS.stream().allMatch(k -> message.get(k) == null))) {
      return NONE;
    }
    String where = "message " + (index + 1) + " (" + message.get("role") + ")";
    List<Part> parts = new ArrayList<>();
    if (message.get("content") instanceof List<?> content
        && plain.get("content") instanceof String) {
      parts.addAll(parts(content, where));
    }
    Optional<Boolean> train = flag(message, where);
    Object detail = message.get(DETAIL);
    if (detail != null) {
      if (!(detail instanceof List<?> ranges && plain.get("content") instanceof String text)) {
        throw new RowRefused(
            where + ": train_detail: expected a list of ranges, for a message that is text");
      }
      train = Optional.of(false);
      for (Object range : ranges) {
        parts.add(range(range, text, where));
      }
    }
    return new TrainingMarks(train, parts);
  }

  /** The message without these keys, which are for us and not for the template. */
  static Map<String, @Nullable Object> removed(Map<String, @Nullable Object> message) {
    if (message.size() == 2 || KEYS.stream().noneMatch(message::containsKey)) {
      return message;
    }
    Map<String, @Nullable Object> rest = new LinkedHashMap<>(message);
    rest.keySet().removeAll(KEYS);
    return rest;
  }

  /** Whether anything of the message is trained, given whether its role is. */
  boolean trains(boolean role) {
    return train.orElse(role) || parts.stream().anyMatch(Part::train);
  }

  /** Whether the message says nothing about its training. */
  boolean isSilent() {
    return train.isEmpty() && parts.isEmpty();
  }

  private static List<Part> parts(List<?> content, String where) {
    List<Part> parts = new ArrayList<>();
    int at = 0;
    for (Object item : content) {
      Map<?, ?> part = (Map<?, ?>) item;
      Object text = part.containsKey("text") ? part.get("text") : part.get("value");
      int end = at + String.valueOf(text).length();
      int start = at;
      flag(part, where + ", a part of its content")
          .ifPresent(train -> parts.add(new Part(start, end, train)));
      at = end;
    }
    return parts;
  }

  private static Optional<Boolean> flag(Map<?, ?> of, String where) {
    Optional<Boolean> said = Optional.empty();
    for (String key : FLAGS) {
      Object value = of.get(key);
      if (value == null) {
        continue;
      }
      boolean train = flag(key, value, where);
      if (said.isPresent() && said.get() != train) {
        throw new RowRefused(where + ": train, weight and loss_weight contradict each other");
      }
      said = Optional.of(train);
    }
    return said;
  }

  private static boolean flag(String key, Object value, String where) {
    if (key.equals("train") && value instanceof Boolean train) {
      return train;
    }
    if (!key.equals("train")
        && value instanceof Number weight
        && (weight.doubleValue() == 0 || weight.doubleValue() == 1)) {
      return weight.doubleValue() == 1;
    }
    throw new RowRefused(
        where
            + ": "
            + key
            + ": expected "
            + (key.equals("train") ? "true or false" : "0 or 1")
            + ", found "
            + ValueText.of(value)
            + (value instanceof Number
                ? ": tokens are trained or not, and nothing weighs them in between"
                : ""));
  }

  private static Part range(@Nullable Object range, String content, String where) {
    int points = content.codePointCount(0, content.length());
    if (range instanceof Map<?, ?> map
        && map.get("begin_offset") instanceof Number begin
        && map.get("end_offset") instanceof Number end
        && map.get("train") instanceof Boolean train
        && begin.intValue() >= 0
        && begin.intValue() <= end.intValue()
        && end.intValue() < points) {
      int start = content.offsetByCodePoints(0, begin.intValue());
      int last = content.offsetByCodePoints(0, end.intValue());
      return new Part(start, last + Character.charCount(content.codePointAt(last)), train);
    }
    throw new RowRefused(
        where
            + ": train_detail: expected {begin_offset, end_offset, train} with 0 <= begin_offset <="
            + " end_offset < "
            + points
            + " (the characters of the content), found "
            + ValueText.of(range)
            + (range instanceof Map<?, ?> ? " " + range : ""));
  }
}
