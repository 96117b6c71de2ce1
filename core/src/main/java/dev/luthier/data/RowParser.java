package dev.luthier.data;

import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.Example.Chat;
import dev.luthier.data.Example.Instruction;
import dev.luthier.data.Example.Labelled;
import dev.luthier.data.Example.Preference;
import dev.luthier.data.Example.PromptCompletion;
import dev.luthier.data.Example.Stepwise;
import dev.luthier.data.Example.Text;
import dev.luthier.data.Example.Unpaired;
import dev.luthier.data.source.ValueText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Turns a row's columns into an {@link Example}: recognises what it is by its columns, or reads it
 * as the declared format.
 */
final class RowParser {
  /** Column mappings that name keys of a message, not columns of a row. */
  private static final List<String> MESSAGE_KEYS = List.of("role", "content");

  /** What a column is hardly called: the file may have no header. */
  private static final Pattern CELL = Pattern.compile("\\s|[.?!]$|^[0-9.,]+$");

  private final Format declared;
  private final Map<String, String> columns;
  private final ConversationParser conversations;
  private final boolean repair;

  RowParser(Format declared) {
    this(declared, Map.of(), Map.of(), false);
  }

  /**
   * @param columns our name of a column to the file's; {@code a.b} is the field b of the column a
   * @param roles a role as the file has it to one of system, user, assistant, tool
   * @param repair whether conversations that break the rules are mended
   */
  RowParser(
      Format declared, Map<String, String> columns, Map<String, String> roles, boolean repair) {
    this.declared = declared;
    this.columns = columns;
    this.conversations =
        new ConversationParser(
            columns.getOrDefault("role", "role"),
            columns.getOrDefault("content", "content"),
            roles,
            repair);
    this.repair = repair;
  }

  /**
   * A row that was read.
   *
   * @param shape how it was recognised; of a declared format that format
   * @param repairs what was mended
   */
  record Parsed(Example example, Shape shape, List<String> repairs) {}

  /**
   * @throws RowRefused the row is not of the format, or of none
   */
  Example parse(Map<String, @Nullable Object> row) {
    return read(row).example();
  }

  /**
   * @throws RowRefused the row is not of the format, or of none
   */
  Parsed read(Map<String, @Nullable Object> given) {
    List<String> repairs = new ArrayList<>();
    Map<String, @Nullable Object> row = mapped(given);
    if (repair) {
      row = withoutNumbers(row, repairs);
    }
    Shape shape = declared == Format.AUTO ? recognise(row) : new Shape(declared, true);
    Example example =
        switch (shape.format()) {
          case MESSAGES, SHAREGPT -> conversation(row, repairs);
          case PROMPT_COMPLETION -> promptCompletion(row);
          case ALPACA -> alpaca(row);
          case TEXT -> new Text(string(row, Shape.first(row, Shape.TEXTS).orElse("text")));
          case PREFERENCE -> mended(preference(row), repairs);
          case UNPAIRED -> unpaired(row, repairs);
          case STEPWISE -> stepwise(row);
          case CLASSIFICATION -> new Labelled(string(row, "text"), word(row, "label"));
          case AUTO -> throw new IllegalStateException("not recognised");
        };
    return new Parsed(example, shape, repairs);
  }

  private Map<String, @Nullable Object> mapped(Map<String, @Nullable Object> given) {
    if (columns.isEmpty()) {
      return given;
    }
    Map<String, @Nullable Object> row = new LinkedHashMap<>(given);
    columns.forEach(
        (ours, theirs) -> {
          if (!MESSAGE_KEYS.contains(ours)) {
            row.put(ours, at(given, theirs));
          }
        });
    return row;
  }

  private static @Nullable Object at(Map<String, @Nullable Object> row, String path) {
    if (row.containsKey(path)) {
      return row.get(path);
    }
    Object value = row;
    for (String name : path.split("\\.", -1)) {
      if (!(value instanceof Map<?, ?> map) || !map.containsKey(name)) {
        throw new RowRefused(
            "expected a column "
                + path
                + " (data.columns), found "
                + String.join(", ", row.keySet()));
      }
      value = map.get(name);
    }
    return value;
  }

  private static Map<String, @Nullable Object> withoutNumbers(
      Map<String, @Nullable Object> row, List<String> repairs) {
    Map<String, @Nullable Object> texts = new LinkedHashMap<>(row);
    texts.replaceAll(
        (column, value) -> {
          if (!(value instanceof Number) || !Shape.isWords(column)) {
            return value;
          }
          repairs.add(column + ": the number " + value + " was read as text");
          return value.toString();
        });
    return texts;
  }

  /** Columns that the settings name say more than others that the row has besides. */
  private Shape recognise(Map<String, @Nullable Object> row) {
    Map<String, @Nullable Object> named = new LinkedHashMap<>(row);
    named.keySet().retainAll(columns.keySet());
    return Shape.of(named)
        .or(() -> Shape.of(row))
        .or(() -> Shape.of(withoutNulls(row))) // then what is null is what is wrong
        .orElseThrow(
            () ->
                new RowRefused(
                    "expected the columns messages, or conversations, or prompt and completion, or"
                        + " instruction and output, or chosen and rejected, or text; found "
                        + (row.isEmpty() ? "none" : String.join(", ", row.keySet())),
                    row.keySet().stream().anyMatch(CELL.asPredicate())
                        ? "if these are cells and not names, the table has no header:"
                            + " data.header=false"
                        : "say which column is which, such as data.columns.prompt=NAME"
                            + " data.columns.completion=NAME"));
  }

  private static Map<String, @Nullable Object> withoutNulls(Map<String, @Nullable Object> row) {
    Map<String, @Nullable Object> filled = new LinkedHashMap<>(row);
    filled.replaceAll((column, value) -> value == null ? "" : value);
    return filled;
  }

  private Chat conversation(Map<String, @Nullable Object> row, List<String> repairs) {
    String column =
        Shape.conversation(row).or(() -> Shape.conversation(withoutNulls(row))).orElse("messages");
    return conversations.chat(row, column, repairs);
  }

  private Example promptCompletion(Map<String, @Nullable Object> row) {
    List<String> pair =
        Shape.pair(row)
            .or(() -> Shape.pair(withoutNulls(row)))
            .orElse(List.of("prompt", "completion"));
    return answer(row, pair.get(0), pair.get(1));
  }

  /**
   * A prompt and an answer to it, each a string or a list of messages. With a system prompt beside
   * them they are a conversation.
   */
  private Example answer(Map<String, @Nullable Object> row, String prompt, String answer) {
    if (row.get(prompt) instanceof List<?>
        || row.get(answer) instanceof List<?>
        || (Shape.system(row).isPresent() && row.get(answer) != null)) {
      List<Map<String, @Nullable Object>> asked =
          row.get(prompt) instanceof String text
              ? List.of(Chat.message("user", text))
              : conversations.messages(row, prompt);
      List<Map<String, @Nullable Object>> all =
          new ArrayList<>(conversations.withSystem(row, asked));
      int trainFrom = all.size();
      all.addAll(
          row.get(answer) instanceof String text
              ? List.of(Chat.message("assistant", text))
              : conversations.messages(row, answer));
      return new Chat(all, ConversationParser.tools(row), trainFrom);
    }
    return new PromptCompletion(string(row, prompt), string(row, answer));
  }

  private Instruction alpaca(Map<String, @Nullable Object> row) {
    if (row.get("instances") instanceof List<?> instances && row.get("output") == null) {
      return selfInstruct(row, instances);
    }
    List<Instruction.Exchange> history = new ArrayList<>();
    if (row.get("history") instanceof List<?> earlier) {
      for (Object exchange : earlier) {
        if (exchange instanceof List<?> pair
            && pair.size() == 2
            && pair.get(0) instanceof String user
            && pair.get(1) instanceof String answer) {
          history.add(new Instruction.Exchange(user, answer));
        } else {
          throw new RowRefused("history: expected a list of [question, answer] pairs of strings");
        }
      }
    } else if (row.get("history") != null) {
      throw new RowRefused("history: expected a list of [question, answer] pairs of strings");
    }
    String input = row.get("input") == null && row.get("context") != null ? "context" : "input";
    return new Instruction(
        string(row, "instruction"),
        optionalString(row, input),
        string(row, Shape.first(row, Shape.OUTPUTS).orElse("output")),
        optionalString(row, "system"),
        history);
  }

  /** Self-Instruct's seed tasks hold their inputs and outputs in a list; the first is taken. */
  private static Instruction selfInstruct(Map<String, @Nullable Object> row, List<?> instances) {
    if (instances.isEmpty() || !(instances.get(0) instanceof Map<?, ?> first)) {
      throw new RowRefused("instances: expected a list of objects with input and output");
    }
    Map<String, @Nullable Object> instance = new LinkedHashMap<>();
    first.forEach((key, value) -> instance.put(String.valueOf(key), value));
    return new Instruction(
        string(row, "instruction"),
        optionalString(instance, "input"),
        string(instance, "output"),
        "",
        List.of());
  }

  private Preference preference(Map<String, @Nullable Object> row) {
    if (row.get("chosen") == null && row.get("chosen_messages") != null) {
      return Preferences.ofConversations(
          conversations.messages(row, "chosen_messages"),
          conversations.messages(row, "rejected_messages"),
          ConversationParser.tools(row));
    }
    Optional<String> conversation = Shape.conversation(row);
    if (conversation.isPresent()) {
      List<Map<String, @Nullable Object>> prompt = conversations.messages(row, conversation.get());
      return Preferences.afterPrompt(
          conversations.withSystem(row, prompt),
          conversations.turns(row, "chosen"),
          conversations.turns(row, "rejected"),
          ConversationParser.tools(row));
    }
    Optional<Example> prompt = preferencePrompt(row);
    if (row.get("chosen") instanceof String chosen
        && row.get("rejected") instanceof String rejected) {
      return prompt
          .map(p -> Preferences.ofTexts(p, chosen, rejected))
          .orElseGet(() -> Preferences.ofWhole(chosen, rejected));
    }
    List<Map<String, @Nullable Object>> chosen = conversations.turns(row, "chosen");
    List<Map<String, @Nullable Object>> rejected = conversations.turns(row, "rejected");
    List<Object> tools = ConversationParser.tools(row);
    if (prompt.isEmpty() || Preferences.areWhole(chosen, rejected)) {
      return Preferences.ofConversations(chosen, rejected, tools);
    }
    return Preferences.afterPrompt(Preferences.asTurns(prompt.get()), chosen, rejected, tools);
  }

  /** Both conversations mended, if that was asked for; the prompt is what they then share. */
  private Preference mended(Preference preference, List<String> repairs) {
    if (!repair
        || !(preference.chosen() instanceof Chat chosen)
        || !(preference.rejected() instanceof Chat rejected)) {
      return preference;
    }
    List<String> ofRejected = new ArrayList<>();
    List<Map<String, @Nullable Object>> a = ConversationRepair.of(chosen.messages(), repairs);
    List<Map<String, @Nullable Object>> b = ConversationRepair.of(rejected.messages(), ofRejected);
    ofRejected.stream().filter(done -> !repairs.contains(done)).forEach(repairs::add);
    return repairs.isEmpty() ? preference : Preferences.ofConversations(a, b, chosen.tools());
  }

  /** What both answers answer, as a conversation without an answer or a text. */
  private Optional<Example> preferencePrompt(Map<String, @Nullable Object> row) {
    if (row.get("prompt") instanceof List<?>) {
      return Optional.of(
          new Chat(conversations.messages(row, "prompt"), ConversationParser.tools(row), 0));
    }
    if (row.get("instruction") != null) {
      Instruction asked =
          new Instruction(
              string(row, "instruction"),
              optionalString(row, "input"),
              "",
              optionalString(row, "system"),
              List.of());
      List<Map<String, @Nullable Object>> turns = asked.asChat().messages();
      return Optional.of(new Chat(turns.subList(0, turns.size() - 1), List.of(), 0));
    }
    return Shape.first(row, List.of("prompt", "question", "query", "input"))
        .map(column -> string(row, column))
        .map(text -> Shape.system(row).isPresent() ? withSystem(row, text) : new Text(text));
  }

  private Chat withSystem(Map<String, @Nullable Object> row, String prompt) {
    return new Chat(
        conversations.withSystem(row, List.of(Chat.message("user", prompt))), List.of(), 0);
  }

  private Unpaired unpaired(Map<String, @Nullable Object> row, List<String> repairs) {
    boolean desirable =
        Shape.verdict(row)
            .orElseThrow(
                () ->
                    new RowRefused(
                        "label: expected true or false, found " + ValueText.of(row.get("label"))));
    if (Shape.conversation(row).isEmpty()) {
      return new Unpaired(promptCompletion(row), desirable);
    }
    Chat chat = conversation(row, repairs);
    int last = chat.messages().size() - 1;
    if (!"assistant".equals(chat.messages().get(last).get("role"))) {
      throw new RowRefused("the conversation must end with the assistant's answer that is judged");
    }
    return new Unpaired(new Chat(chat.messages(), chat.tools(), last), desirable);
  }

  private static Stepwise stepwise(Map<String, @Nullable Object> row) {
    List<String> steps = new ArrayList<>();
    List<Boolean> labels = new ArrayList<>();
    if (row.get("completions") instanceof List<?> list) {
      for (Object step : list) {
        if (!(step instanceof String words)) {
          throw new RowRefused(
              "completions: expected a string for each step, found " + ValueText.of(step));
        }
        steps.add(words);
      }
    }
    if (row.get("labels") instanceof List<?> list) {
      for (Object label : list) {
        labels.add(
            Shape.truth(label)
                .orElseThrow(
                    () ->
                        new RowRefused(
                            "labels: expected true or false for each step, found "
                                + ValueText.of(label))));
      }
    }
    if (steps.isEmpty() || steps.size() != labels.size()) {
      throw new RowRefused(
          "expected as many labels as completions, found "
              + steps.size()
              + " completions and "
              + labels.size()
              + " labels");
    }
    return new Stepwise(string(row, "prompt"), steps, labels);
  }

  private static String word(Map<String, @Nullable Object> row, String column) {
    Object value = row.get(column);
    if (value instanceof String || value instanceof Number || value instanceof Boolean) {
      return value.toString();
    }
    throw new RowRefused(column + ": expected a word or a number, found " + found(row, column));
  }

  private static String string(Map<String, @Nullable Object> row, String column) {
    if (row.get(column) instanceof String value) {
      return value;
    }
    throw new RowRefused(
        column + ": expected a string, found " + found(row, column),
        row.get(column) instanceof Number
            ? "data.badRows=repair reads numbers as text"
            : row.containsKey(column)
                ? ""
                : "say which column it is: data.columns." + column + "=NAME");
  }

  private static String found(Map<String, @Nullable Object> row, String column) {
    return row.containsKey(column)
        ? ValueText.of(row.get(column))
        : "no such column among " + String.join(", ", row.keySet());
  }

  private static String optionalString(Map<String, @Nullable Object> row, String column) {
    return row.get(column) == null ? "" : string(row, column);
  }
}
