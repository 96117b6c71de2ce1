package dev.luthier.data;

import dev.luthier.data.Example.Chat;
import dev.luthier.data.Example.Instruction;
import dev.luthier.data.Example.Labelled;
import dev.luthier.data.Example.Preference;
import dev.luthier.data.Example.PromptCompletion;
import dev.luthier.data.Example.Stepwise;
import dev.luthier.data.Example.Text;
import dev.luthier.data.Example.Unpaired;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Examples of every kind, seen as turns, as text and as JSON. */
public final class Examples {
  /** Keys of a message that name something; the rest of its strings are words. */
  private static final Set<String> NAMES = Set.of("role", "type", "id", "tool_call_id", "name");

  private Examples() {}

  /**
   * Who says what.
   *
   * @param role system, user, assistant or tool; text for plain text
   */
  public record Turn(String role, String text) {}

  /**
   * An example's turns in order. Of a preference those with the chosen answer, then the rejected
   * answer's; a message's parts of text are joined, and its calls of tools left out.
   */
  public static List<Turn> turns(Example example) {
    List<Turn> turns = new ArrayList<>();
    collect(example, turns);
    return turns;
  }

  /**
   * The turns that a model is to talk like, and what they answer: neither rejected nor undesirable
   * answers, which may well be bad ones.
   */
  public static List<Turn> wanted(Example example) {
    if (example instanceof Preference preference) {
      return turns(preference.chosen());
    }
    return example instanceof Unpaired unpaired && !unpaired.desirable()
        ? List.of()
        : turns(example);
  }

  private static void collect(Example example, List<Turn> turns) {
    if (example instanceof Text text) {
      turns.add(new Turn("text", text.text()));
    } else if (example instanceof Labelled labelled) {
      turns.add(new Turn("text", labelled.text()));
    } else if (example instanceof PromptCompletion pair) {
      turns.add(new Turn("user", pair.prompt()));
      turns.add(new Turn("assistant", pair.completion()));
    } else if (example instanceof Instruction instruction) {
      collect(instruction.asChat(), turns);
    } else if (example instanceof Chat chat) {
      chat.messages().forEach(message -> turns.add(turn(message)));
    } else if (example instanceof Preference preference) {
      collect(preference.chosen(), turns);
      turns.addAll(answer(preference.rejected()));
    } else if (example instanceof Unpaired unpaired) {
      collect(unpaired.answer(), turns);
    } else if (example instanceof Stepwise steps) {
      turns.add(new Turn("user", steps.prompt()));
      steps.completions().forEach(step -> turns.add(new Turn("assistant", step)));
    }
  }

  private static List<Turn> answer(Example example) {
    List<Turn> all = turns(example);
    return example instanceof Chat chat
        ? all.subList(chat.trainFrom(), all.size())
        : all.subList(all.size() - 1, all.size());
  }

  private static Turn turn(Map<String, @Nullable Object> message) {
    return new Turn(String.valueOf(message.get("role")), words(message.get("content")));
  }

  /** A message's content as one string: itself, or its parts of text joined. */
  static String words(@Nullable Object content) {
    if (content instanceof String text) {
      return text;
    }
    StringBuilder all = new StringBuilder();
    if (content instanceof List<?> parts) {
      for (Object part : parts) {
        if (part instanceof Map<?, ?> map) {
          Object text = map.get("text") == null ? map.get("value") : map.get("text");
          all.append(text instanceof String words ? words : "");
        }
      }
    }
    return all.toString();
  }

  /**
   * All that an example says, a blank line between turns, and what tools are called with: what
   * duplicates are told by, together with {@link #tools}.
   */
  public static String text(Example example) {
    List<String> all = new ArrayList<>();
    turns(example).forEach(turn -> all.add(turn.text()));
    calls(example, all);
    return String.join("\n\n", all);
  }

  /** The declarations of an example's tools as JSON; empty if it has none. */
  public static String tools(Example example) {
    if (example instanceof Chat chat) {
      return chat.tools().isEmpty() ? "" : RowText.of(Map.of("tools", chat.tools()));
    }
    if (example instanceof Preference preference) {
      return tools(preference.chosen());
    }
    return example instanceof Unpaired unpaired ? tools(unpaired.answer()) : "";
  }

  private static void calls(Example example, List<String> all) {
    if (example instanceof Chat chat) {
      for (Map<String, @Nullable Object> message : chat.messages()) {
        mapValue(
            message.get("tool_calls"),
            text -> {
              all.add(text);
              return text;
            });
      }
    } else if (example instanceof Preference preference) {
      calls(preference.chosen(), all);
      calls(preference.rejected(), all);
    } else if (example instanceof Unpaired unpaired) {
      calls(unpaired.answer(), all);
    }
  }

  /** The example with every string of words changed; roles, names and ids stay. */
  public static Example map(Example example, UnaryOperator<String> change) {
    if (example instanceof Text text) {
      return new Text(change.apply(text.text()));
    }
    if (example instanceof Labelled labelled) {
      return new Labelled(change.apply(labelled.text()), labelled.label());
    }
    if (example instanceof PromptCompletion pair) {
      return new PromptCompletion(change.apply(pair.prompt()), change.apply(pair.completion()));
    }
    if (example instanceof Instruction i) {
      return new Instruction(
          change.apply(i.instruction()),
          change.apply(i.input()),
          change.apply(i.output()),
          change.apply(i.system()),
          i.history().stream()
              .map(
                  e ->
                      new Instruction.Exchange(change.apply(e.user()), change.apply(e.assistant())))
              .toList());
    }
    if (example instanceof Chat chat) {
      List<Map<String, @Nullable Object>> messages = new ArrayList<>();
      chat.messages().forEach(message -> messages.add(mapMessage(message, change)));
      return new Chat(messages, chat.tools(), chat.trainFrom());
    }
    if (example instanceof Preference preference) {
      return new Preference(map(preference.chosen(), change), map(preference.rejected(), change));
    }
    if (example instanceof Unpaired unpaired) {
      return new Unpaired(map(unpaired.answer(), change), unpaired.desirable());
    }
    Stepwise steps = (Stepwise) example;
    return new Stepwise(
        change.apply(steps.prompt()),
        steps.completions().stream().map(change).toList(),
        steps.labels());
  }

  private static Map<String, @Nullable Object> mapMessage(
      Map<String, @Nullable Object> message, UnaryOperator<String> change) {
    Map<String, @Nullable Object> changed = new LinkedHashMap<>();
    message.forEach(
        (key, value) -> changed.put(key, NAMES.contains(key) ? value : mapValue(value, change)));
    return changed;
  }

  private static @Nullable Object mapValue(@Nullable Object value, UnaryOperator<String> change) {
    if (value instanceof String text) {
      return change.apply(text);
    }
    if (value instanceof List<?> list) {
      List<@Nullable Object> changed = new ArrayList<>();
      list.forEach(item -> changed.add(mapValue(item, change)));
      return changed;
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, @Nullable Object> inner = new LinkedHashMap<>();
      map.forEach((key, item) -> inner.put(String.valueOf(key), item));
      return mapMessage(inner, change);
    }
    return value;
  }

  /**
   * The example as the columns of a row, in a fixed order: what a reader makes the same example of.
   */
  public static Map<String, @Nullable Object> columns(Example example) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    if (example instanceof Text text) {
      row.put("text", text.text());
    } else if (example instanceof Labelled labelled) {
      row.put("text", labelled.text());
      row.put("label", labelled.label());
    } else if (example instanceof PromptCompletion pair) {
      row.put("prompt", pair.prompt());
      row.put("completion", pair.completion());
    } else if (example instanceof Instruction i) {
      row.put("instruction", i.instruction());
      row.put("input", i.input());
      row.put("output", i.output());
      if (!i.system().isEmpty()) {
        row.put("system", i.system());
      }
      if (!i.history().isEmpty()) {
        row.put(
            "history", i.history().stream().map(e -> List.of(e.user(), e.assistant())).toList());
      }
    } else if (example instanceof Chat chat) {
      if (chat.trainFrom() == 0) {
        row.put("messages", chat.messages());
      } else {
        row.put("prompt", prompt(chat));
        row.put("completion", answered(chat));
      }
      tools(chat, row);
    } else if (example instanceof Preference preference) {
      preference(preference, row);
    } else if (example instanceof Unpaired unpaired) {
      row.putAll(columns(unpaired.answer()));
      row.put("label", unpaired.desirable());
    } else if (example instanceof Stepwise steps) {
      row.put("prompt", steps.prompt());
      row.put("completions", steps.completions());
      row.put("labels", steps.labels());
    }
    return row;
  }

  private static void preference(Preference preference, Map<String, @Nullable Object> row) {
    if (preference.chosen() instanceof Chat chosen
        && preference.rejected() instanceof Chat rejected) {
      if (chosen.trainFrom() > 0) {
        row.put("prompt", prompt(chosen));
      }
      row.put("chosen", answered(chosen));
      row.put("rejected", answered(rejected));
      tools(chosen, row);
    } else if (preference.chosen() instanceof PromptCompletion chosen
        && preference.rejected() instanceof PromptCompletion rejected) {
      row.put("prompt", chosen.prompt());
      row.put("chosen", chosen.completion());
      row.put("rejected", rejected.completion());
    }
  }

  private static List<Map<String, @Nullable Object>> prompt(Chat chat) {
    return chat.messages().subList(0, chat.trainFrom());
  }

  private static List<Map<String, @Nullable Object>> answered(Chat chat) {
    return chat.messages().subList(chat.trainFrom(), chat.messages().size());
  }

  private static void tools(Chat chat, Map<String, @Nullable Object> row) {
    if (!chat.tools().isEmpty()) {
      row.put("tools", chat.tools());
    }
  }
}
