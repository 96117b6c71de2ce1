package dev.luthier.generate.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.LuthierException;
import dev.luthier.generate.json.JsonConstraints;
import dev.luthier.generate.json.Walks;
import dev.luthier.tokenizer.BpeTrainer;
import dev.luthier.tokenizer.IncrementalDecoder;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.tokenizer.TokenizerWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ToolCallsTest {
  private static final int STOP = 2;
  private static final List<String> MARKERS =
      List.of(
          "<tool_call>", "</tool_call>", "<|python_tag|>", "[TOOL_CALLS]", "[ARGS]", "[CALL_ID]");

  private static final List<Tool> TOOLS =
      Tool.read(
          json(
              """
              [{"type": "function", "function": {"name": "weather", "parameters":
                 {"type": "object", "properties": {"at": {"type": "string", "maxLength": 5},
                  "days": {"type": "integer", "minimum": 1, "maximum": 9}},
                  "required": ["at", "days"], "additionalProperties": false}}},
               {"type": "function", "function": {"name": "now"}},
               {"type": "function", "function": {"name": "ask", "parameters":
                 {"$ref": "#/$defs/question", "$defs": {"question":
                   {"properties": {"further": {"$ref": "#/$defs/question"}}}}}}}]"""));

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  /** All markers are special tokens, which have no text. */
  private static Tokenizer withMarkers(Path folder) {
    List<String> special =
        Stream.concat(
                Stream.of(
                    TestTokenizers.END_OF_TEXT, TestTokenizers.IM_START, TestTokenizers.IM_END),
                MARKERS.stream())
            .toList();
    TokenizerWriter.write(
        new BpeTrainer(400, special, 1).train(TestTokenizers.text()),
        TestTokenizers.roles(false),
        folder);
    return Tokenizer.load(folder);
  }

  private static ToolCallReader read(ToolCalls calls, Tokenizer tokenizer, int[] ids) {
    ToolCallReader reader = calls.reader(TOOLS);
    IncrementalDecoder decoder = new IncrementalDecoder(tokenizer, true);
    List<ToolDelta> deltas = new ArrayList<>();
    for (int id : ids) {
      deltas.addAll(reader.next(id, decoder.next(id)));
    }
    deltas.addAll(reader.finish(decoder.finish()));
    assertThat(deltas).noneMatch(ToolDelta.Content.class::isInstance);
    return reader;
  }

  @ParameterizedTest
  @EnumSource(ToolSyntax.class)
  void what_is_forced_is_read_as_calls_with_or_without_tokens_for_the_markers(
      ToolSyntax syntax, @TempDir Path folder) {
    for (Tokenizer tokenizer : List.of(TestTokenizers.chat(), withMarkers(folder))) {
      ToolCalls calls =
          new ToolCalls(syntax, tokenizer, new JsonConstraints(tokenizer, Set.of(STOP)));
      Random random = new Random(5);
      int most = 0;
      for (int run = 0; run < 9; run++) {
        ToolChoice choice =
            run % 2 == 0
                ? ToolChoice.read(json("\"required\""))
                : ToolChoice.read(json("{\"function\": {\"name\": \"weather\"}}"));
        boolean several = run % 3 > 0;
        int[] ids =
            Walks.ids(
                calls.constraint(TOOLS, choice, several).orElseThrow(),
                tokenizer,
                STOP,
                random,
                several ? 100 : 40);
        List<ToolCall> read = read(calls, tokenizer, ids).calls();
        assertThat(read).isNotEmpty().hasSizeLessThanOrEqualTo(several ? 16 : 1);
        most = Math.max(most, read.size());
        for (ToolCall call : read) {
          assertThat(call.name())
              .isIn(run % 2 == 0 ? List.of("weather", "now", "ask") : List.of("weather"));
          JsonNode arguments = json(call.arguments());
          assertThat(arguments.isObject()).isTrue();
          if (call.name().equals("weather")) {
            assertThat(arguments.fieldNames()).toIterable().containsExactly("at", "days");
            assertThat(arguments.path("days").asInt()).isBetween(1, 9);
          }
        }
      }
      boolean alone = syntax == ToolSyntax.LLAMA || syntax == ToolSyntax.PLAIN;
      assertThat(most).as("calls in one answer").isGreaterThanOrEqualTo(alone ? 1 : 2);
    }
  }

  @Test
  void nothing_is_forced_where_the_model_is_free() {
    ToolCalls calls =
        new ToolCalls(
            ToolSyntax.TAGGED,
            TestTokenizers.chat(),
            new JsonConstraints(TestTokenizers.chat(), Set.of(STOP)));
    assertThat(calls.constraint(TOOLS, ToolChoice.AUTO, true)).isEmpty();
    assertThat(calls.constraint(TOOLS, ToolChoice.read(json("\"none\"")), true)).isEmpty();
    assertThatThrownBy(
            () ->
                calls.constraint(
                    TOOLS, ToolChoice.read(json("{\"function\": {\"name\": \"sing\"}}")), true))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("asks for sing, but tools declares [weather, now, ask]");
    assertThatThrownBy(
            () -> calls.constraint(List.of(), ToolChoice.read(json("\"required\"")), true))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("asks for a tool, but tools declares none");
  }

  @Test
  void declarations_and_choices_of_other_forms_are_refused() {
    assertThatThrownBy(() -> Tool.read(json("[{\"name\": \"f\"}]")))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("tools[0]: expected");
    assertThatThrownBy(
            () ->
                Tool.read(
                    json("[{\"function\": {\"name\": \"f\"}}, {\"function\": {\"name\": \"f\"}}]")))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("tools[1]: the name \"f\" is declared twice");
    assertThatThrownBy(() -> ToolChoice.read(json("\"maybe\"")))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("tool_choice is \"maybe\"");
  }
}
