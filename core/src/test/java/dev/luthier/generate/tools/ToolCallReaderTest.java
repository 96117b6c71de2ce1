package dev.luthier.generate.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.luthier.tokenizer.TestTokenizers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ToolCallReaderTest {
  private static final List<Tool> TOOLS =
      List.of(
          new Tool("weather", JsonNodeFactory.instance.objectNode()),
          new Tool("time", JsonNodeFactory.instance.objectNode()));

  /** What the pieces say when put together: words, then calls as {@code name(arguments)}. */
  private static String read(ToolSyntax syntax, String answer, int pieceLength) {
    ToolCallReader reader = new ToolCallReader(syntax, TOOLS, TestTokenizers.chat());
    List<ToolDelta> deltas = new ArrayList<>();
    for (int at = 0; at < answer.length(); at += pieceLength) {
      deltas.addAll(
          reader.next(300, answer.substring(at, Math.min(answer.length(), at + pieceLength))));
    }
    deltas.addAll(reader.finish(""));
    StringBuilder words = new StringBuilder();
    List<String> names = new ArrayList<>();
    List<StringBuilder> arguments = new ArrayList<>();
    for (ToolDelta delta : deltas) {
      if (delta instanceof ToolDelta.Content content) {
        words.append(content.text());
      } else if (delta instanceof ToolDelta.Call call) {
        assertThat(call.index()).isEqualTo(names.size());
        names.add(call.name());
        arguments.add(new StringBuilder());
      } else if (delta instanceof ToolDelta.Arguments piece) {
        arguments.get(piece.index()).append(piece.piece());
      }
    }
    List<ToolCall> calls = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      calls.add(new ToolCall(names.get(i), arguments.get(i).toString()));
    }
    assertThat(reader.calls()).isEqualTo(calls);
    StringBuilder all = new StringBuilder(words);
    calls.forEach(
        call ->
            all.append(" -> ")
                .append(call.name())
                .append('(')
                .append(call.arguments())
                .append(')'));
    return all.toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      nullValues = "-",
      value = {
        "TAGGED|`<tool_call>~{'name': 'weather', 'arguments': {'at': 'Rome'}}~</tool_call>`|` ->"
            + " weather({'at': 'Rome'})`",
        "TAGGED|`Let me see.~~<tool_call>~{'name': 'weather', 'arguments':"
            + " {}}~</tool_call>~<tool_call>~{'name': 'time', 'arguments': {'a': [1, {'b':"
            + " '}'}]}}~</tool_call>~`|`Let me see. -> weather({}) -> time({'a': [1, {'b':"
            + " '}'}]})`",
        "TAGGED|`<tool_call>{'arguments': {'at': 1}, 'name': 'new'}</tool_call> done`|` done ->"
            + " new({'at': 1})`",
        "TAGGED|`<tool_call>~{'name': 'weather', 'arguments': '{\\'at\\': 2}'}~</tool_call>`|` ->"
            + " weather({'at': 2})`",
        "TAGGED|`<tool_call>~{'name': 'time'}~</tool_call>`|` -> time({})`",
        "TAGGED|`1 <2 and <tool_tip> {'name': 'time'}`|`1 <2 and <tool_tip> {'name': 'time'}`",
        "TAGGED|`a <tool_call>~no json`|`a <tool_call>~no json`",
        "TAGGED|`{'name': 'weather', 'arguments': {}}`|`{'name': 'weather', 'arguments': {}}`",
        "TAGGED|`<tool_call>~{'name': 'weather', 'arguments': {'at': 'Ro`|` -> weather({'at':"
            + " 'Ro)`",
        "LLAMA|`{'name': 'weather', 'parameters': {'at': 'Rome'}}`|` -> weather({'at': 'Rome'})`",
        "LLAMA|`{'type': 'function', 'name': 'weather', 'parameters': {'n': 1.5}}; {'name': 'time',"
            + " 'parameters': {}}`|` -> weather({'n': 1.5}) -> time({})`",
        "LLAMA|`<|python_tag|>{'name': 'anything', 'parameters': {'q': 'a'}}`|` -> anything({'q':"
            + " 'a'})`",
        "LLAMA|`{'name': 'unheard_of', 'parameters': {}} is JSON`|`{'name': 'unheard_of',"
            + " 'parameters': {}} is JSON`",
        "LLAMA|` {'answer': 42}`|` {'answer': 42}`",
        "LLAMA|`It is {'name': 'weather', 'parameters': {}}`|`It is {'name': 'weather',"
            + " 'parameters': {}}`",
        "MISTRAL|`[TOOL_CALLS] [{'name': 'weather', 'arguments': {'at': 'Rome'}, 'id':"
            + " 'a1b2c3d4e'}, {'name': 'time', 'arguments': {}}]`|` -> weather({'at': 'Rome'}) ->"
            + " time({})`",
        "MISTRAL|`Sure. [TOOL_CALLS][{'name': 'weather', 'arguments': {'at': ']'}}]`|`Sure. ->"
            + " weather({'at': ']'})`",
        "MISTRAL_NAMED|`[TOOL_CALLS]weather[ARGS]{'at': 'Rome}'}[TOOL_CALLS]time[ARGS]{}`|` ->"
            + " weather({'at': 'Rome}'}) -> time({})`",
        "MISTRAL_NUMBERED|`[TOOL_CALLS]weather[CALL_ID]a1b2c3d4e[ARGS]{'at': 'Rome'}`|` ->"
            + " weather({'at': 'Rome'})`",
        "MISTRAL_NAMED|`[TOOL_CALLS] [{'name': 'weather', 'arguments': {}}]`|` -> weather({})`",
        "PLAIN|`[{'name': 'weather', 'arguments': {}}, {'name': 'time', 'arguments': {'z':"
            + " null}}]`|` -> weather({}) -> time({'z': null})`",
        "PLAIN|`[1, 2]`|`[1, 2]`",
        "PLAIN|`plain words  `|`plain words  `"
      })
  void words_and_calls_are_parted_however_the_answer_is_cut(
      ToolSyntax syntax, String answer, String expected) {
    String text = answer.replace('\'', '"').replace('~', '\n');
    for (int length : new int[] {1, 2, 3, 7, 1000}) {
      assertThat(read(syntax, text, length))
          .as("pieces of %d", length)
          .isEqualTo(expected.replace('\'', '"').replace('~', '\n'));
    }
  }

  @Test
  void arguments_come_before_the_call_is_whole() {
    ToolCallReader reader = new ToolCallReader(ToolSyntax.TAGGED, TOOLS, TestTokenizers.chat());
    assertThat(reader.next(300, "<tool_call>\n{\"name\": \"weather\", \"argum"))
        .containsExactly(new ToolDelta.Call(0, "weather"));
    assertThat(reader.next(300, "ents\": {\"at\": \"Ro"))
        .containsExactly(new ToolDelta.Arguments(0, "{\"at\": \"Ro"));
    assertThat(reader.next(300, "me\"}}\n</tool_call>"))
        .containsExactly(new ToolDelta.Arguments(0, "me\"}"));
    assertThat(reader.finish("")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Wait <", "Wait <tool", "Wait <tool_call"})
  void what_may_become_a_marker_is_held_back_and_given_out_at_the_end(String text) {
    ToolCallReader reader = new ToolCallReader(ToolSyntax.TAGGED, TOOLS, TestTokenizers.chat());
    assertThat(reader.next(300, text)).containsExactly(new ToolDelta.Content("Wait"));
    assertThat(reader.finish(""))
        .containsExactly(new ToolDelta.Content(text.substring("Wait".length())));
  }
}
