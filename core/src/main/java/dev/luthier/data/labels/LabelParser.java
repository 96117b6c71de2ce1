package dev.luthier.data.labels;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.data.RowRefused;
import dev.luthier.data.source.ValueText;
import dev.luthier.model.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A row's columns to a text and its labels.
 *
 * @param columns our name of a column to the file's
 * @param names of the labels where they are settled, so that a whole number may stand for one
 */
record LabelParser(Map<String, String> columns, List<String> names) {
  static final String TEXT = "text";
  static final String SECOND = "text2";
  static final String LABEL = "label";
  static final String LABELS = "labels";
  static final String SCORE = "score";
  static final String TOKENS = "tokens";
  static final String TAGS = "tags";
  static final String SPANS = "spans";

  /** All columns that mean something. */
  static final List<String> COLUMNS =
      List.of(TEXT, SECOND, LABEL, LABELS, SCORE, TOKENS, TAGS, SPANS);

  private static final String OUTSIDE = "O";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern SEPARATOR = Pattern.compile("\\|");

  /**
   * A row's text without labels.
   *
   * @param byWord whether its words get labels
   * @throws RowRefused there is none
   */
  LabelledRow text(Map<String, @Nullable Object> row, boolean byWord) {
    Words words = byWord ? words(row) : Words.none(string(row, TEXT));
    Optional<String> second =
        byWord || value(row, SECOND) == null ? Optional.empty() : Optional.of(string(row, SECOND));
    return new LabelledRow(words, second, List.of(), List.of());
  }

  /**
   * A row with what it says to this problem.
   *
   * @throws RowRefused something is missing or of another kind
   */
  LabelledRow read(Map<String, @Nullable Object> row, Problem problem) {
    LabelledRow text = text(row, problem == Problem.TOKENS);
    return switch (problem) {
      case CLASSES -> labelled(text, List.of(label(required(row, LABEL, LABELS), LABEL)));
      case MULTI_LABEL -> labelled(text, several(required(row, LABELS, LABEL)));
      case REGRESSION ->
          new LabelledRow(
              text.words(), text.second(), List.of(), numbers(required(row, SCORE, LABEL)));
      case TOKENS -> labelled(text, tags(row, text.words()));
    };
  }

  private static LabelledRow labelled(LabelledRow text, List<String> labels) {
    return new LabelledRow(text.words(), text.second(), labels, List.of());
  }

  /** What a row's columns and values look like, as far as they tell. */
  Optional<Problem> recognise(Map<String, @Nullable Object> row) {
    if (value(row, TOKENS) != null || value(row, SPANS) != null) {
      return Optional.of(Problem.TOKENS);
    }
    if (value(row, SCORE) != null) {
      return Optional.of(Problem.REGRESSION);
    }
    Object label = value(row, LABEL) == null ? value(row, LABELS) : value(row, LABEL);
    if (label == null) {
      return Optional.empty();
    }
    if (label instanceof List<?> || value(row, LABEL) == null) {
      return Optional.of(Problem.MULTI_LABEL);
    }
    return Optional.of(isFraction(label) ? Problem.REGRESSION : Problem.CLASSES);
  }

  /** The labels that a row names, as far as they can be read. */
  List<String> labels(Map<String, @Nullable Object> row, Problem problem) {
    return problem == Problem.REGRESSION ? List.of() : read(row, problem).labels();
  }

  private static boolean isFraction(Object value) {
    return value instanceof Number n && n.doubleValue() != Math.rint(n.doubleValue());
  }

  private @Nullable Object value(Map<String, @Nullable Object> row, String column) {
    String theirs = columns.getOrDefault(column, column);
    if (columns.containsKey(column) && !row.containsKey(theirs)) {
      throw new RowRefused(
          "expected a column "
              + theirs
              + " (data.columns."
              + column
              + "), found "
              + String.join(", ", row.keySet()));
    }
    return row.get(theirs);
  }

  private Object required(Map<String, @Nullable Object> row, String column, String other) {
    Object value = value(row, column);
    Object found = value == null ? value(row, other) : value;
    if (found == null) {
      throw new RowRefused(
          "expected a column " + column + ", found " + String.join(", ", row.keySet()),
          "name it with --set data.columns." + column + "=NAME");
    }
    return found;
  }

  private String string(Map<String, @Nullable Object> row, String column) {
    Object value = value(row, column);
    if (value instanceof Number || value instanceof Boolean) {
      return value.toString();
    }
    if (!(value instanceof String text) || text.isBlank()) {
      throw new RowRefused(
          column
              + ": expected a text, found "
              + (row.containsKey(columns.getOrDefault(column, column))
                  ? ValueText.of(value)
                  : "no such column among " + String.join(", ", row.keySet())),
          "name its column with --set data.columns." + column + "=NAME");
    }
    return text;
  }

  private String label(Object value, String column) {
    if (value instanceof Number n && n.doubleValue() == Math.rint(n.doubleValue())) {
      long number = n.longValue();
      boolean stands = !names.contains(String.valueOf(number));
      return stands && number >= 0 && number < names.size()
          ? names.get((int) number)
          : String.valueOf(number);
    }
    boolean word = value instanceof String text && !text.isBlank();
    if (!word && !(value instanceof Number) && !(value instanceof Boolean)) {
      throw new RowRefused(column + ": expected a label, found " + ValueText.of(value));
    }
    return value.toString().strip();
  }

  /** A list; in a table's cell a list as JSON has it, or labels with | between them. */
  private List<String> several(Object value) {
    Object list = listed(value);
    if (!(list instanceof List<?> items)) {
      return List.of(label(value, LABELS));
    }
    LinkedHashSet<String> out = new LinkedHashSet<>();
    items.forEach(item -> out.add(label(item == null ? "" : item, LABELS)));
    return List.copyOf(out);
  }

  private static @Nullable Object listed(@Nullable Object value) {
    if (!(value instanceof String text)) {
      return value;
    }
    String stripped = text.strip();
    if (stripped.startsWith("[")) {
      try {
        return JSON.readValue(stripped, List.class);
      } catch (JsonProcessingException e) {
        throw new RowRefused("expected a list as JSON has it, found " + ValueText.of(text));
      }
    }
    return Arrays.stream(SEPARATOR.split(stripped)).map(String::strip).toList();
  }

  private List<Double> numbers(Object value) {
    List<?> items = value instanceof List<?> list ? list : List.of(value);
    List<Double> out = new ArrayList<>();
    for (Object item : items) {
      out.add(number(item));
    }
    return out;
  }

  private static double number(@Nullable Object item) {
    double number = Double.NaN;
    try {
      number = Double.parseDouble(String.valueOf(item).strip());
    } catch (NumberFormatException e) {
      number = Double.NaN;
    }
    if (!Double.isFinite(number)) {
      throw new RowRefused("score: expected a number, found " + ValueText.of(item));
    }
    return number;
  }

  private Words words(Map<String, @Nullable Object> row) {
    Object tokens = listed(value(row, TOKENS));
    if (!(tokens instanceof List<?> items)) {
      return Words.of(string(row, TEXT));
    }
    List<String> words = new ArrayList<>();
    for (Object item : items) {
      if (item == null || item.toString().isBlank()) {
        throw new RowRefused("tokens: expected words, found " + ValueText.of(item));
      }
      words.add(item.toString());
    }
    if (words.isEmpty()) {
      throw new RowRefused("tokens: expected words, found none");
    }
    return Words.joined(words);
  }

  private List<String> tags(Map<String, @Nullable Object> row, Words words) {
    Object spans = value(row, SPANS);
    if (spans != null) {
      return Spans.tags(words, listed(spans));
    }
    Object tags = listed(required(row, TAGS, LABELS));
    if (!(tags instanceof List<?> items) || items.size() != words.words().size()) {
      throw new RowRefused(
          "tags: expected a list of "
              + words.words().size()
              + ", one for each word, found "
              + (tags instanceof List<?> other ? other.size() : ValueText.of(tags)));
    }
    List<String> out = new ArrayList<>();
    items.forEach(item -> out.add(label(item == null ? OUTSIDE : item, TAGS)));
    return out;
  }
}
