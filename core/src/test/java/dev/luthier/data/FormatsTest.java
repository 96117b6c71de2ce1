package dev.luthier.data;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.Example.Chat;
import dev.luthier.data.Example.Instruction;
import dev.luthier.data.Example.Labelled;
import dev.luthier.data.Example.Preference;
import dev.luthier.data.Example.PromptCompletion;
import dev.luthier.data.Example.Stepwise;
import dev.luthier.data.Example.Unpaired;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
