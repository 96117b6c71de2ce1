package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.Example.Chat;
import dev.luthier.data.Example.Instruction;
import dev.luthier.data.Example.PromptCompletion;
import dev.luthier.data.Example.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExampleReaderTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @Test
  void columns_are_recognised_row_by_row() throws IOException {
    DataFile file =
        read(
            "rows.jsonl",
            """
            {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "x": 1}]}
            {"prompt": "2+2=", "completion": "4"}

            {"instruction": "Add.", "input": "2 2", "output": "4"}
            {"text": "abc"}
            {"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "b"}]}
            """);
    assertThat(file.refused()).isEmpty();
    assertThat(file.rows()).extracting(Row::number).containsExactly(1, 2, 4, 5, 6);
    Chat chat = (Chat) file.rows().get(0).example();
    assertThat(chat.messages().get(1)).containsEntry("x", 1);
    assertThat(file.rows().get(1).example()).isEqualTo(new PromptCompletion("2+2=", "4"));
    assertThat(file.rows().get(2).example())
        .isEqualTo(new Instruction("Add.", "2 2", "4", "", List.of()));
    assertThat(file.rows().get(3).example()).isEqualTo(new Text("abc"));
    assertThat(((Chat) file.rows().get(4).example()).trainFrom()).isEqualTo(1);
  }

  @Test
  void an_array_is_numbered_by_element_and_hashed() throws IOException {
    DataFile file = read("rows.json", "\n [ {\"text\": \"a\"},\n\n {\"text\": \"b\"}, 7 ]");
    assertThat(file.rows()).extracting(Row::number).containsExactly(1, 2);
    refused(file, 3, "expected an object, found 7");
    assertThat(read("abc.txt", "abc").sha256())
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }

  @Test
  void text_is_cut_at_lines_that_hold_only_the_end_of_text() throws IOException {
    DataFile file =
        read(
            "some.txt",
            "one\ntwo <|endoftext|>\n<|endoftext|>\n  three\n\n<|endoftext|>\n\n<|endoftext|>\n");
    assertThat(file.rows())
        .extracting(Row::number, Row::example)
        .containsExactly(
            tuple(1, new Text("one\ntwo <|endoftext|>")), tuple(2, new Text("  three\n")));
    assertThat(read("whole.txt", "all\nof it\n").rows())
        .extracting(Row::number, Row::example)
        .containsExactly(tuple(1, new Text("all\nof it")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "{\"a\": 1, \"b\": 2}#expected the columns messages, or conversations, or prompt and"
            + " completion, or instruction and output, or chosen and rejected, or text; found a, b",
        "{\"messages\": []}#messages: expected at least one message, found none",
        "{\"messages\": \"hi\"}#messages: expected a list of messages, found \"hi\"",
        "{\"messages\": [{\"by\": \"gpt\", \"value\": \"x\"}, {}]}#messages[0]: expected a role"
            + " (system, user, assistant, tool), found null",
        "{\"messages\": [{\"role\": \"user\", \"content\": null}, {}]}#messages[0] (user): expected"
            + " content (a string, or a list of parts) or tool_calls, found content null",
        "{\"prompt\": \"a\", \"completion\": 3}#completion: expected a string, found 3",
        "{\"text\": 3}#text: expected a string, found 3",
        "{\"chosen\": \"a\", \"rejected\": \"a\", \"prompt\": \"p\"}#chosen and rejected are the same,"
            + " so there is nothing to prefer",
        "{\"conversations\": [{\"from\": \"function_call\", \"value\": \"f(x)\"}, {}]}#conversations[0]:"
            + " expected JSON, found \"f(x)\"",
        "{\"text\": \"a\"} {}#expected one object on the line, found more after it",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"tools\": \"nonsense\"}#tools:"
            + " expected JSON, found \"nonsense\"",
      })
  void a_row_that_cannot_be_read_says_why(String line, String reason) throws IOException {
    DataFile file = read("rows.jsonl", "{\"text\": \"ok\"}\n" + line + "\n");
    assertThat(file.rows()).hasSize(1);
    refused(file, 2, reason);
  }

  @Test
  void a_broken_line_is_one_refusal_and_deep_nesting_no_crash() throws IOException {
    String deep = "{\"text\": " + "[".repeat(1_000_000);
    DataFile file = read("rows.jsonl", "{\"text\": \"ok\"}\n{\"text\": \n" + deep + "\n");
    assertThat(file.rows()).hasSize(1);
    assertThat(file.refused()).extracting(Refusal::row).containsExactly(2, 3);
    assertThat(file.refused())
        .allSatisfy(refusal -> assertThat(refusal.reason()).startsWith("not valid JSON: "));
  }

  @Test
  void a_broken_array_is_an_error_that_names_the_place() {
    assertThatThrownBy(() -> read("a.json", "[{\"text\": \"a\"},\n{\"text\": \"b\" \"c\"}]"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("row 2: not valid JSON")
        .hasMessageContaining("line 2");
    assertThatThrownBy(() -> read("b.json", "[{\"text\": \"a\"}"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("b.json");
  }

  @Test
  void other_files_are_refused_with_what_was_expected() {
    assertThatThrownBy(() -> read("a.jsonl", "text\nabc\n"))
        .hasMessageContaining("JSONL: one object per line");
    assertThatThrownBy(() -> read("b.jsonl", "\n\n")).hasMessageContaining("found none");
    assertThatThrownBy(() -> ExampleReader.read(folder.resolve("nothing.json")))
        .hasMessageContaining("nothing.json");
  }

  @Test
  void a_declared_format_overrides_the_columns() throws IOException {
    Path path = folder.resolve("both.jsonl");
    Files.writeString(path, "{\"prompt\": \"a\", \"completion\": \"b\", \"text\": \"ab\"}\n");
    assertThat(ExampleReader.read(path).rows().get(0).example())
        .isInstanceOf(PromptCompletion.class);
    assertThat(ExampleReader.read(path, Format.TEXT).rows().get(0).example())
        .isEqualTo(new Text("ab"));
    refused(
        ExampleReader.read(path, Format.ALPACA),
        1,
        "instruction: expected a string, found no such column among prompt, completion, text");
  }

  @Test
  void alpaca_rows_become_conversations_or_the_published_prompt() throws IOException {
    Instruction row =
        (Instruction)
            read(
                    "a.json",
                    """
                    [{"instruction": "Add.", "input": "2 2", "output": "4", "system": "Be brief.",
                      "history": [["Hi", "Hello"]]}]
                    """)
                .rows()
                .get(0)
                .example();
    assertThat(row.asChat().messages())
        .containsExactly(
            Map.of("role", "system", "content", "Be brief."),
            Map.of("role", "user", "content", "Hi"),
            Map.of("role", "assistant", "content", "Hello"),
            Map.of("role", "user", "content", "Add.\n\n2 2"),
            Map.of("role", "assistant", "content", "4"));
    assertThat(new Instruction("Add.", "2 2", "4", "", List.of()).asPrompt().prompt())
        .isEqualTo(
            """
            Below is an instruction that describes a task, paired with an input that provides \
            further context. Write a response that appropriately completes the request.

            ### Instruction:
            Add.

            ### Input:
            2 2

            ### Response:
            """);
    assertThat(new Instruction("Sing.", "", "La", "", List.of()).asPrompt().prompt())
        .isEqualTo(
            """
            Below is an instruction that describes a task. Write a response that appropriately \
            completes the request.

            ### Instruction:
            Sing.

            ### Response:
            """);
  }

  private static void refused(DataFile file, int row, String reason) {
    assertThat(file.refused())
        .extracting(Refusal::row, Refusal::reason)
        .containsExactly(tuple(row, reason));
  }

  private DataFile read(String name, String text) throws IOException {
    return ExampleReader.read(Files.writeString(folder.resolve(name), text));
  }
}
