package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.Example.Chat;
import dev.luthier.data.Example.Instruction;
import dev.luthier.data.Example.Labelled;
import dev.luthier.data.Example.Preference;
import dev.luthier.data.Example.PromptCompletion;
import dev.luthier.data.Example.Stepwise;
import dev.luthier.data.Example.Text;
import dev.luthier.data.Example.Unpaired;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ExamplesTest {
  private static final List<Object> TOOLS =
      List.of(Map.of("type", "function", "function", Map.of("name", "f")));

  static Stream<Example> examples() {
    Chat two = new Chat(List.of(user("q"), assistant("a")), TOOLS, 0);
    return Stream.of(
        new Text("t"),
        new Labelled("t", "spam"),
        new PromptCompletion("p", "c"),
        new Instruction("i", "x", "o", "", List.of()),
        new Instruction("i", "", "o", "s", List.of(new Instruction.Exchange("u", "v"))),
        two,
        new Chat(List.of(user("q"), assistant("a"), user("r"), assistant("b")), List.of(), 3),
        new Preference(new PromptCompletion("p", "c"), new PromptCompletion("p", "d")),
        new Preference(
            new Chat(List.of(user("q"), assistant("a")), TOOLS, 1),
            new Chat(List.of(user("q"), assistant("b")), TOOLS, 1)),
        new Unpaired(new PromptCompletion("p", "c"), true),
        new Unpaired(new Chat(List.of(user("q"), assistant("a")), List.of(), 1), false),
        new Stepwise("p", List.of("a", "b"), List.of(true, false)));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void what_is_written_is_read_back(Example example) {
    assertThat(new RowParser(Format.AUTO).parse(Examples.columns(example))).isEqualTo(example);
  }

  @ParameterizedTest
  @MethodSource("examples")
  void every_word_is_changed_and_no_name(Example example) {
    Example changed = Examples.map(example, word -> word.isEmpty() ? "" : word + "!");
    assertThat(Examples.turns(changed))
        .isNotEmpty()
        .allSatisfy(turn -> assertThat(turn.text()).endsWith("!"))
        .extracting(Examples.Turn::role)
        .isEqualTo(Examples.turns(example).stream().map(Examples.Turn::role).toList());
    assertThat(Examples.map(example, word -> word)).isEqualTo(example);
  }

  @Test
  void answers_that_are_not_wanted_are_not_among_those_that_are() {
    PromptCompletion good = new PromptCompletion("p", "good");
    PromptCompletion bad = new PromptCompletion("p", "bad");
    assertThat(Examples.wanted(new Preference(good, bad))).isEqualTo(Examples.turns(good));
    assertThat(Examples.wanted(new Unpaired(good, true))).isEqualTo(Examples.turns(good));
    assertThat(Examples.wanted(new Unpaired(bad, false))).isEmpty();
    assertThat(Examples.wanted(bad)).isEqualTo(Examples.turns(bad));
  }

  private static Map<String, Object> user(String text) {
    return Chat.message("user", text);
  }

  private static Map<String, Object> assistant(String text) {
    return Chat.message("assistant", text);
  }
}
