package dev.luthier.data;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.UsageException;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.Example.Chat;
import dev.luthier.data.Example.Instruction;
import dev.luthier.data.Example.Labelled;
import dev.luthier.data.Example.Preference;
import dev.luthier.data.Example.PromptCompletion;
import dev.luthier.data.Example.Stepwise;
import dev.luthier.data.Example.Unpaired;
import dev.luthier.data.source.ReadOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows of every format that the field uses, as they stand in files. */
class FormatsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '~',
      value = {
        "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}#MESSAGES#true",
        "{\"conversations\":[{\"from\":\"human\",\"value\":\"a\"}]}#SHAREGPT#true",
        "{\"conversations\":[{\"role\":\"user\",\"content\":\"a\"}]}#MESSAGES#true",
        "{\"turns\":[{\"role\":\"user\",\"content\":\"a\"}]}#MESSAGES#false",
        "{\"chat\":\"no list\",\"text\":\"a\"}#TEXT#true",
        "{\"prompt\":\"a\",\"completion\":\"b\"}#PROMPT_COMPLETION#true",
        "{\"prompt\":\"a\",\"completion\":\"b\",\"label\":true}#UNPAIRED#true",
        "{\"prompt\":\"a\",\"completion\":\"b\",\"label\":3}#PROMPT_COMPLETION#true",
        "{\"prompt\":\"a\",\"completion\":\"b\",\"label\":\"False\"}#UNPAIRED#true",
        "{\"prompt\":\"a\",\"completion\":\"b\",\"label\":0}#UNPAIRED#false",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"label\":false}#UNPAIRED#true",
        "{\"question\":\"a\",\"answer\":\"b\"}#PROMPT_COMPLETION#false",
        "{\"instruction\":\"a\",\"input\":null,\"output\":\"b\"}#ALPACA#true",
        "{\"instruction\":\"a\",\"context\":\"c\",\"response\":\"b\"}#ALPACA#false",
        "{\"prompt\":\"a\",\"chosen\":\"b\",\"rejected\":\"c\"}#PREFERENCE#true",
        "{\"chosen\":\"b\",\"rejected\":\"c\"}#PREFERENCE#true",
        "{\"prompt\":\"a\",\"completions\":[\"b\"],\"labels\":[true]}#STEPWISE#true",
        "{\"text\":\"a\",\"label\":3}#CLASSIFICATION#true",
        "{\"text\":\"a\",\"label\":null}#TEXT#true",
        "{\"content\":\"a\"}#TEXT#false",
      })
  void columns_say_what_a_row_is(String row, Format format, boolean usual) {
    assertThat(Shape.of(columns(row))).contains(new Shape(format, usual));
  }

  @Test
  void sharegpt_turns_calls_and_observations_become_messages_that_templates_read() {
    Chat chat =
        (Chat)
            parse(
                """
                {"system": "Be kind.", "conversations": [
                  {"from": "human", "value": "Weather in Ulm?"},
                  {"from": "function_call", "value": "{\\"name\\": \\"w\\", \\"arguments\\": {\\"c\\": \\"Ulm\\"}}"},
                  {"from": "observation", "value": "rain"},
                  {"from": "gpt", "value": "Rain."}],
                 "tools": "[{\\"name\\": \\"w\\", \\"parameters\\": {}}]"}
                """);
    assertThat(chat.messages())
        .extracting(m -> m.get("role"))
        .containsExactly("system", "user", "assistant", "tool", "assistant");
    Map<?, ?> call =
        (Map<?, ?>) requireNonNull((List<?>) chat.messages().get(2).get("tool_calls")).get(0);
    assertThat(call.get("function"))
        .isEqualTo(Map.of("name", "w", "arguments", Map.of("c", "Ulm")));
    assertThat(chat.messages().get(3)).containsEntry("tool_call_id", call.get("id"));
    assertThat(chat.tools())
        .containsExactly(
            Map.of("type", "function", "function", Map.of("name", "w", "parameters", Map.of())));
  }

  @Test
  void a_preference_has_the_prompt_that_is_given_or_what_its_answers_share() {
    Preference explicit =
        (Preference) parse("{\"prompt\": \"p\", \"chosen\": \"a\", \"rejected\": \"b\"}");
    assertThat(explicit.chosen()).isEqualTo(new PromptCompletion("p", "a"));
    assertThat(explicit.rejected()).isEqualTo(new PromptCompletion("p", "b"));
    Preference whole =
        (Preference)
            parse(
                """
                {"chosen": "\\n\\nHuman: Hi\\n\\nAssistant: Hey\\n\\nHuman: How?\\n\\nAssistant: Well.",
                 "rejected": "\\n\\nHuman: Hi\\n\\nAssistant: Hey\\n\\nHuman: How?\\n\\nAssistant: Bad."}
                """);
    assertThat(((Chat) whole.chosen()).trainFrom()).isEqualTo(3);
    assertThat(((Chat) whole.chosen()).messages().get(3)).containsEntry("content", "Well.");
    assertThat(((Chat) whole.rejected()).messages().get(3)).containsEntry("content", "Bad.");
    Preference text =
        (Preference) parse("{\"chosen\": \"It is a dog\", \"rejected\": \"It is a door\"}");
    assertThat(text.chosen()).isEqualTo(new PromptCompletion("It is a ", "dog"));
    Preference after =
        (Preference)
            parse(
                """
                {"conversations": [{"from": "human", "value": "Hi"}],
                 "chosen": {"from": "gpt", "value": "Hey"}, "rejected": {"from": "gpt", "value": "No"}}
                """);
    assertThat(((Chat) after.chosen()).messages()).hasSize(2);
    assertThat(((Chat) after.rejected()).trainFrom()).isEqualTo(1);
    Preference lists =
        (Preference)
            parse(
                """
                {"chosen": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hey"}],
                 "rejected": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "No"}]}
                """);
    assertThat(((Chat) lists.chosen()).trainFrom()).isEqualTo(1);
    Preference asked =
        (Preference)
            parse(
                "{\"instruction\": \"Add.\", \"input\": \"2 2\", \"chosen\": \"4\", \"rejected\": \"5\"}");
    assertThat(((Chat) asked.chosen()).messages().get(0)).containsEntry("content", "Add.\n\n2 2");
  }

  @Test
  void judged_stepwise_labelled_and_seed_rows_are_read() {
    Unpaired judged =
        (Unpaired)
            parse(
                """
                {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hey"}],
                 "label": false}
                """);
    assertThat(judged.desirable()).isFalse();
    assertThat(((Chat) judged.answer()).trainFrom()).isEqualTo(1);
    assertThat(
            parse(
                "{\"prompt\": \"p\", \"completions\": [\"a\", \"b\"], \"labels\": [true, false]}"))
        .isEqualTo(new Stepwise("p", List.of("a", "b"), List.of(true, false)));
    assertThat(parse("{\"text\": \"t\", \"label\": 2}")).isEqualTo(new Labelled("t", "2"));
    assertThat(
            parse(
                "{\"instruction\": \"i\", \"instances\": [{\"input\": \"x\", \"output\": \"y\"}]}"))
        .isEqualTo(new Instruction("i", "x", "y", "", List.of()));
  }

  @Test
  void verdicts_are_truth_values_or_one_and_zero() {
    assertThat(
            parse(
                "{\"prompt\": \"p\", \"completions\": [\"a\", \"b\"], \"labels\": [1, \"false\"]}"))
        .isEqualTo(new Stepwise("p", List.of("a", "b"), List.of(true, false)));
    assertThat(parse("{\"prompt\": \"p\", \"completion\": \"c\", \"kto_tag\": 0}"))
        .isEqualTo(new Unpaired(new PromptCompletion("p", "c"), false));
    assertThatThrownBy(
            () -> parse("{\"prompt\": \"p\", \"completions\": [{\"a\": 1}], \"labels\": [true]}"))
        .hasMessageContaining("expected a string for each step, found an object");
    assertThatThrownBy(
            () -> parse("{\"prompt\": \"p\", \"completions\": [\"a\"], \"labels\": [2]}"))
        .hasMessageContaining("expected true or false for each step, found 2");
  }

  @Test
  void answers_that_begin_alike_do_not_swallow_the_prompt_before_them() {
    Preference pair =
        (Preference)
            parse(
                """
                {"prompt": [{"role": "user", "content": "p"}],
                 "chosen": [{"role": "assistant", "content": "s"}, {"role": "user", "content": "n"},
                            {"role": "assistant", "content": "good"}],
                 "rejected": [{"role": "assistant", "content": "s"}, {"role": "user", "content": "n"},
                              {"role": "assistant", "content": "bad"}]}
                """);
    assertThat(((Chat) pair.chosen()).messages()).hasSize(4);
    assertThat(((Chat) pair.chosen()).messages().get(0)).containsEntry("content", "p");
    Preference repeated =
        (Preference)
            parse(
                """
                {"prompt": "p",
                 "chosen": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "good"}],
                 "rejected": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "bad"}]}
                """);
    assertThat(((Chat) repeated.chosen()).messages()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"system", "system_prompt"})
  void a_system_prompt_beside_prompt_and_answer_is_not_lost(String column) {
    String system = "{\"" + column + "\": \"S\", ";
    Chat chat = (Chat) parse(system + "\"question\": \"q\", \"response\": \"r\"}");
    assertThat(chat.messages()).extracting(m -> m.get("content")).containsExactly("S", "q", "r");
    assertThat(chat.trainFrom()).isEqualTo(2);
    Preference pair =
        (Preference) parse(system + "\"prompt\": \"q\", \"chosen\": \"r\", \"rejected\": \"x\"}");
    assertThat(pair.chosen()).isEqualTo(chat);
    assertThat(parse("{\"" + column + "\": \" \", \"prompt\": \"q\", \"completion\": \"r\"}"))
        .isEqualTo(new PromptCompletion("q", "r"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '~',
      value = {
        "{\"conversations\": null}#conversations: expected a list of messages, found null#",
        "{\"question\": \"q\", \"answer\": null}#answer: expected a string, found null#",
        "{\"question\": \"q\", \"answer\": 4}#answer: expected a string, found 4#data.badRows=repair",
        "{\"foo\": 1, \"bar\": 2}#found foo, bar#data.columns.prompt=NAME",
        "{\"What is it?\": \"a\", \"2\": \"b\"}#found What is it?, 2#data.header=false",
      })
  void what_is_wrong_with_a_row_is_said_in_the_file_s_own_words(
      String row, String reason, @Nullable String hint) {
    RowRefused refused = catchThrowableOfType(RowRefused.class, () -> parse(row));
    assertThat(refused.reason()).contains(reason);
    assertThat(refused.at("f", 1, "").hint()).contains(hint == null ? "" : hint);
  }

  @Test
  void a_declared_format_that_a_row_has_not_says_what_the_row_has() {
    RowParser parser = new RowParser(Format.ALPACA);
    RowRefused refused =
        catchThrowableOfType(RowRefused.class, () -> parser.parse(columns("{\"q\": \"a\"}")));
    assertThat(refused.reason())
        .isEqualTo("instruction: expected a string, found no such column among q");
    assertThat(refused.at("f", 1, "").hint()).contains("data.columns.instruction=NAME");
  }

  @Test
  void columns_that_are_named_count_more_than_others_besides() {
    RowParser parser =
        new RowParser(Format.AUTO, Map.of("prompt", "q", "completion", "a"), Map.of(), false);
    assertThat(parser.parse(columns("{\"q\": \"1\", \"a\": \"2\", \"turns\": [{\"x\": 1}]}")))
        .isEqualTo(new PromptCompletion("1", "2"));
  }

  @Test
  void names_that_nothing_is_read_from_are_refused() {
    assertThatThrownBy(() -> reader(Map.of("promt", "q"), Map.of()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("data.columns.promt")
        .hasMessageContaining("Did you mean prompt?");
    assertThatThrownBy(() -> reader(Map.of(), Map.of("agent", "asistant")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("data.roles.agent is asistant")
        .hasMessageContaining("Did you mean assistant?");
  }

  private static void reader(Map<String, String> columns, Map<String, String> roles) {
    new ExampleReader(ReadOptions.standard(), Format.AUTO, columns, roles);
  }

  @Test
  void repair_reads_numbers_as_text_and_tells() {
    RowParser parser = new RowParser(Format.AUTO, Map.of(), Map.of(), true);
    RowParser.Parsed parsed =
        parser.read(columns("{\"id\": 7, \"question\": \"2+2\", \"answer\": 4}"));
    assertThat(parsed.example()).isEqualTo(new PromptCompletion("2+2", "4"));
    assertThat(parsed.repairs()).containsExactly("answer: the number 4 was read as text");
  }

  @Test
  void repair_joins_only_turns_that_say_the_same_beside_their_texts() {
    RowParser parser = new RowParser(Format.AUTO, Map.of(), Map.of(), true);
    Chat chat =
        (Chat)
            parser.parse(
                columns(
                    """
                    {"messages": [{"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]},
                      {"role": "tool", "content": "4"}, {"role": "user", "content": "a"},
                      {"role": "assistant", "content": "b", "weight": 0},
                      {"role": "assistant", "content": "c", "weight": 1}]}
                    """));
    assertThat(chat.messages()).extracting(m -> m.get("content")).containsExactly("a", "b", "c");
  }

  @Test
  void columns_roles_and_message_keys_can_be_named() {
    RowParser parser =
        new RowParser(Format.AUTO, Map.of("prompt", "q.text", "completion", "a"), Map.of(), false);
    assertThat(parser.parse(columns("{\"q\": {\"text\": \"1+1\"}, \"a\": \"2\", \"text\": \"x\"}")))
        .isEqualTo(new PromptCompletion("1+1", "2"));
    assertThatThrownBy(() -> parser.parse(columns("{\"q\": 3, \"a\": \"2\"}")))
        .hasMessageContaining("expected a column q.text");
    RowParser named =
        new RowParser(
            Format.AUTO,
            Map.of("messages", "log", "role", "who", "content", "said"),
            Map.of("agent", "assistant", "caller", "user"),
            false);
    Chat chat =
        (Chat)
            named.parse(
                columns(
                    "{\"log\": [{\"who\": \"caller\", \"said\": \"a\"}, {\"who\": \"agent\", \"said\": \"b\"}]}"));
    assertThat(chat.messages())
        .containsExactly(
            Map.of("role", "user", "content", "a"), Map.of("role", "assistant", "content", "b"));
  }

  @Test
  void a_broken_conversation_is_mended_when_asked_and_the_repairs_are_told() {
    RowParser parser = new RowParser(Format.AUTO, Map.of(), Map.of(), true);
    RowParser.Parsed parsed =
        parser.read(
            columns(
                """
                {"messages": [{"role": "assistant", "content": "Hello!"},
                  {"role": "User", "content": "a"}, {"role": "user", "content": "b"},
                  {"role": "gpt", "content": "  "}, {"role": "gpt", "content": "c"},
                  {"role": "user", "content": "d"}]}
                """));
    assertThat(((Chat) parsed.example()).messages())
        .containsExactly(
            Map.of("role", "user", "content", "a\n\nb"),
            Map.of("role", "assistant", "content", "c"));
    assertThat(parsed.repairs()).hasSize(4);
    assertThatThrownBy(
            () ->
                parser.parse(columns("{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}")))
        .hasMessageContaining("no question with an answer");
  }

  @Test
  void a_broken_preference_is_mended_in_prompt_and_answers() {
    RowParser parser = new RowParser(Format.AUTO, Map.of(), Map.of(), true);
    Preference mended =
        (Preference)
            parser.parse(
                columns(
                    """
                    {"chosen": "\\n\\nHuman: a\\n\\nHuman: b\\n\\nAssistant: c\\n\\nHuman: d\\n\\nAssistant: e",
                     "rejected": "\\n\\nHuman: a\\n\\nHuman: b\\n\\nAssistant: c\\n\\nHuman: d\\n\\nAssistant: f"}
                    """));
    Chat chosen = (Chat) mended.chosen();
    assertThat(chosen.messages()).hasSize(4);
    assertThat(chosen.messages().get(0)).containsEntry("content", "a\n\nb");
    assertThat(chosen.trainFrom()).isEqualTo(3);
    assertThat(((Chat) mended.rejected()).trainFrom()).isEqualTo(3);
  }

  private static Example parse(String row) {
    return new RowParser(Format.AUTO).parse(columns(row));
  }

  @SuppressWarnings("unchecked") // a JSON object's keys are strings
  private static Map<String, Object> columns(String json) {
    try {
      return JSON.readValue(json, LinkedHashMap.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
