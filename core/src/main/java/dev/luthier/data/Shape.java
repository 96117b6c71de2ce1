package dev.luthier.data;

import dev.luthier.data.DataSettings.Format;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a row's columns say it is.
 *
 * @param format one that {@link RowParser} reads
 * @param usual whether the columns have the format's own names; others that are common in the field
 *     ({@code question} and {@code answer}, say) are understood too, but may mean something else
 */
record Shape(Format format, boolean usual) {
  /** Where a conversation may stand, the usual names first. */
  static final List<String> CONVERSATIONS =
      List.of("messages", "conversations", "conversation", "dialogue", "dialog", "chat", "turns");

  /** Pairs of columns that are a prompt and its completion under other names. */
  private static final List<List<String>> PAIRS =
      List.of(
          List.of("question", "answer"),
          List.of("prompt", "response"),
          List.of("query", "response"),
          List.of("question", "response"),
          List.of("prompt", "answer"),
          List.of("prompt", "output"),
          List.of("input", "output"),
          List.of("context", "continuation"),
          List.of("source", "target"));

  /** Columns that are an Alpaca row's answer. */
  static final List<String> OUTPUTS = List.of("output", "response", "answer", "completion");

  /** Columns that are a document under another name. */
  static final List<String> TEXTS = List.of("text", "content", "document", "body");

  /** Columns that stand before the conversation as its system prompt. */
  private static final List<String> SYSTEMS = List.of("system", "system_prompt");

  /** Columns that say whether an answer is wanted. */
  private static final List<String> VERDICTS = List.of("label", "kto_tag");

  /** Every name that a column or a key of a message can be mapped to. */
  static final Set<String> NAMES =
      Stream.of(
              CONVERSATIONS.stream(),
              PAIRS.stream().flatMap(List::stream),
              OUTPUTS.stream(),
              TEXTS.stream(),
              SYSTEMS.stream(),
              VERDICTS.stream(),
              Stream.of("prompt", "instruction", "instances", "history", "tools", "role"),
              Stream.of("chosen", "rejected", "chosen_messages", "rejected_messages"),
              Stream.of("completions", "labels"))
          .flatMap(names -> names)
          .collect(Collectors.toCollection(TreeSet::new));

  /** Whether a column of this name holds words, where the row has it. */
  static boolean isWords(String column) {
    return NAMES.contains(column) && !VERDICTS.contains(column);
  }

  /** Recognises a row; a column that holds null counts as absent. */
  static Optional<Shape> of(Map<String, @Nullable Object> row) {
    if (has(row, "chosen", "rejected") || has(row, "chosen_messages", "rejected_messages")) {
      return shape(Format.PREFERENCE, has(row, "chosen", "rejected"));
    }
    if (row.get("completions") instanceof List<?> && row.get("labels") instanceof List<?>) {
      return shape(Format.STEPWISE, has(row, "prompt"));
    }
    Optional<String> conversation = conversation(row);
    if (conversation.isPresent()) {
      if (verdict(row).isPresent()) {
        return shape(Format.UNPAIRED, saysVerdict(row));
      }
      boolean usual = CONVERSATIONS.indexOf(conversation.get()) < 2;
      return shape(
          saysFrom(row.get(conversation.get())) ? Format.SHAREGPT : Format.MESSAGES, usual);
    }
    if (has(row, "prompt", "completion")) {
      return verdict(row).isPresent()
          ? shape(Format.UNPAIRED, saysVerdict(row))
          : shape(Format.PROMPT_COMPLETION, true);
    }
    if (has(row, "instruction") && (first(row, OUTPUTS).isPresent() || has(row, "instances"))) {
      return shape(Format.ALPACA, has(row, "output"));
    }
    if (has(row, "text", "label")) {
      return shape(Format.CLASSIFICATION, true);
    }
    if (has(row, "text")) {
      return shape(Format.TEXT, true);
    }
    if (pair(row).isPresent()) {
      return shape(Format.PROMPT_COMPLETION, false);
    }
    return first(row, TEXTS).flatMap(column -> shape(Format.TEXT, false));
  }

  /** The two columns that are prompt and completion. */
  static Optional<List<String>> pair(Map<String, @Nullable Object> row) {
    return has(row, "prompt", "completion")
        ? Optional.of(List.of("prompt", "completion"))
        : PAIRS.stream().filter(pair -> has(row, pair.get(0), pair.get(1))).findFirst();
  }

  /** Whether the answer is wanted, where the row says so. */
  static Optional<Boolean> verdict(Map<String, @Nullable Object> row) {
    return first(row, VERDICTS).flatMap(column -> truth(row.get(column)));
  }

  /** True and false, as words or as 1 and 0. */
  static Optional<Boolean> truth(@Nullable Object value) {
    return switch (String.valueOf(value).toLowerCase(Locale.ROOT)) {
      case "true", "1" -> Optional.of(true);
      case "false", "0" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  /** A label of 1 or 0 may be a class as well. */
  private static boolean saysVerdict(Map<String, @Nullable Object> row) {
    return first(row, VERDICTS)
        .filter(column -> String.valueOf(row.get(column)).length() > 1)
        .isPresent();
  }

  /** The system prompt beside the conversation, if there is one. */
  static Optional<String> system(Map<String, @Nullable Object> row) {
    return first(row, SYSTEMS)
        .map(column -> row.get(column) instanceof String text ? text : "")
        .filter(text -> !text.isBlank());
  }

  /** The column that holds a conversation; one of an unusual name must hold a list. */
  static Optional<String> conversation(Map<String, @Nullable Object> row) {
    return CONVERSATIONS.stream()
        .filter(
            column ->
                CONVERSATIONS.indexOf(column) < 2
                    ? row.get(column) != null
                    : row.get(column) instanceof List<?>)
        .findFirst();
  }

  /** The first of the columns that the row has. */
  static Optional<String> first(Map<String, @Nullable Object> row, List<String> columns) {
    return columns.stream().filter(column -> row.get(column) != null).findFirst();
  }

  private static boolean saysFrom(@Nullable Object list) {
    return list instanceof List<?> items
        && !items.isEmpty()
        && items.get(0) instanceof Map<?, ?> item
        && item.containsKey("from")
        && !item.containsKey("role");
  }

  private static boolean has(Map<String, @Nullable Object> row, String... columns) {
    for (String column : columns) {
      if (row.get(column) == null) {
        return false;
      }
    }
    return true;
  }

  private static Optional<Shape> shape(Format format, boolean usual) {
    return Optional.of(new Shape(format, usual));
  }
}
