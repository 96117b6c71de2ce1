package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GenerateCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path models = Path.of("");
  private static Path plain = Path.of("");
  private static Path chat = Path.of("");

  @TempDir private Path folder = Path.of("");

  @BeforeAll
  static void write() throws IOException {
    plain = TinyModel.write(models.resolve("plain"), Optional.empty());
    chat = TinyModel.write(models.resolve("chat"), Optional.of(TinyModel.CHATML));
  }

  private static Cli generate(Path model, String... args) {
    List<String> all = new ArrayList<>(List.of("generate", "--model", model.toString()));
    all.addAll(List.of(args));
    return Cli.run(all.toArray(new String[0]));
  }

  private static JsonNode json(Path model, String... args) throws IOException {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--json", "--max-new-tokens", "12"));
    Cli run = generate(model, all.toArray(new String[0]));
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out().strip().lines()).hasSize(1);
    return JSON.readTree(run.out());
  }

  @Test
  void answers_are_json_of_the_schema() throws IOException {
    Path schema = folder.resolve("schema.json");
    Files.writeString(
        schema,
        """
        {"properties": {"size": {"type": "integer", "minimum": 3, "maximum": 12},
                        "kind": {"enum": ["birch", "oak"]}},
         "required": ["size", "kind"], "additionalProperties": false}""");
    Cli run = generate(chat, "--prompt", "A tree?", "--json-schema", schema.toString());
    assertThat(run.err()).isEmpty();
    JsonNode tree = JSON.readTree(run.out());
    assertThat(tree.path("size").asInt()).isBetween(3, 12);
    assertThat(tree.path("kind").asText()).isIn("birch", "oak");
    Path asked = folder.resolve("asked.jsonl");
    Path answered = folder.resolve("answered.jsonl");
    Files.writeString(asked, "{\"prompt\": \"A tree?\"}\n{\"prompt\": \"And you?\"}\n");
    Cli batch =
        generate(
            chat,
            "--input",
            asked.toString(),
            "--output",
            answered.toString(),
            "--json-schema",
            schema.toString());
    assertThat(batch.code()).isZero();
    List<String> rows = Files.readAllLines(answered);
    assertThat(rows).hasSize(2);
    for (String row : rows) {
      assertThat(JSON.readTree(JSON.readTree(row).path("text").asText()).path("size").asInt())
          .isBetween(3, 12);
    }
  }

  @Test
  void a_schema_that_cannot_be_kept_to_is_refused_by_its_place() throws IOException {
    Path schema = folder.resolve("schema.json");
    Files.writeString(schema, "{\"properties\": {\"n\": {\"multipleOf\": 3}}}");
    Cli run = generate(chat, "--prompt", "A tree?", "--json-schema", schema.toString());
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("#/properties/n/multipleOf: not supported");
  }

  @Test
  void json_is_one_object_with_what_was_printed_as_it_came() throws IOException {
    JsonNode json = json(plain, "--prompt", "The birch");
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly("text", "tokens", "prompt_tokens", "stop_reason");
    assertThat(json.path("tokens")).hasSize(12);
    assertThat(json.path("stop_reason").asText()).isEqualTo("length");
    Cli streamed = generate(plain, "--prompt", "The birch", "--max-new-tokens", "12");
    assertThat(streamed.out())
        .isEqualTo(json.path("text").asText() + System.lineSeparator())
        .isNotBlank();
  }

  @ParameterizedTest
  @CsvSource({
    "BertForMaskedLM, fill-mask, generate --prompt a",
    "BertForMaskedLM, fill-mask, chat",
    "BertForSequenceClassification, classify, generate --prompt a --raw",
    "BertForTokenClassification, classify, evaluate --data rows.jsonl",
  })
  void a_model_that_writes_no_text_says_what_it_is_asked_with(
      String architecture, String verb, String command) throws IOException {
    Path model = TinyModel.write(folder.resolve("model"), Optional.empty());
    Files.writeString(
        model.resolve("config.json"),
        "{\"model_type\": \"bert\", \"architectures\": [\"" + architecture + "\"]}");
    List<String> args = new ArrayList<>(List.of(command.split(" ")));
    args.addAll(1, List.of("--model", model.toString()));
    Cli run = Cli.run(args.toArray(new String[0]));
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err())
        .contains(
            "writes no text; use it with: luthier "
                + verb
                + " --model "
                + model
                + " --text \"...\"");
  }

  @Test
  void the_same_seed_draws_the_same_text_and_another_seed_another() throws IOException {
    JsonNode first = json(plain, "--prompt", "The", "--temperature", "1", "--seed", "3");
    assertThat(json(plain, "--prompt", "The", "--temperature", "1", "--seed", "3"))
        .isEqualTo(first);
    assertThat(json(plain, "--prompt", "The", "--temperature", "1", "--seed", "4"))
        .isNotEqualTo(first);
  }

  @Test
  void a_prompt_is_a_users_turn_where_there_is_a_template_and_raw_leaves_it_out()
      throws IOException {
    Path messages = folder.resolve("messages.json");
    Files.writeString(messages, "[{\"role\": \"user\", \"content\": \"The birch\"}]");
    JsonNode asked = json(chat, "--prompt", "The birch");
    assertThat(json(chat, "--messages", messages.toString())).isEqualTo(asked);
    JsonNode raw = json(chat, "--prompt", "The birch", "--raw");
    assertThat(raw).isEqualTo(json(plain, "--prompt", "The birch"));
    assertThat(raw.path("prompt_tokens").asInt()).isLessThan(asked.path("prompt_tokens").asInt());
    assertThat(generate(plain, "--messages", messages.toString()).err())
        .contains("need a chat template");
  }

  @Test
  void batched_rows_are_answered_as_each_would_be_alone_and_keep_their_columns()
      throws IOException {
    Path input = folder.resolve("in.jsonl");
    Path output = folder.resolve("out.jsonl");
    Files.writeString(
        input,
        """
        {"id": 12345678901234567890, "prompt": "The birch canoe slid on", "score": 1.50}

        {"instruction": "Glue", "input": "", "output": "the sheet", "text": "old"}
        {"messages": [{"role": "user", "content": "The"}, {"role": "assistant", "content": "x"}]}
        """);
    String[] how = {"--temperature", "0.8", "--seed", "9"};
    List<String> args = new ArrayList<>(List.of("--input", input + "", "--output", output + ""));
    args.addAll(List.of(how));
    args.addAll(List.of("--batch-size", "2"));
    JsonNode summary = json(chat, args.toArray(new String[0]));
    assertThat(summary.path("rows").asInt()).isEqualTo(3);
    List<String> lines = Files.readAllLines(output);
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0))
        .startsWith("{\"id\":12345678901234567890,\"prompt\":")
        .contains("1.50");
    String[] prompts = {"The birch canoe slid on", "Glue", "The"};
    for (int i = 0; i < prompts.length; i++) {
      JsonNode alone = json(chat, "--prompt", prompts[i], how[0], how[1], how[2], how[3]);
      JsonNode row = JSON.readTree(lines.get(i));
      alone.fieldNames().forEachRemaining(k -> assertThat(row.get(k)).isEqualTo(alone.get(k)));
    }
  }

  @Test
  void rows_that_cannot_be_asked_are_all_named_and_nothing_is_written() throws IOException {
    Path input = folder.resolve("in.jsonl");
    Path output = folder.resolve("out.jsonl");
    Files.writeString(
        input, "{\"prompt\": \"The\"}\n\n{\"text\": \"The\"}\n[1]\n{\"prompt\": 7}\n{\"prompt\"\n");
    Cli run = generate(plain, "--input", input.toString(), "--output", output.toString());
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("row 3: ", "row 4: ", "row 5: ", "row 6: ");
    assertThat(run.err()).doesNotContain("row 1:");
    Files.writeString(input, "\n{\"prompt\": \"" + "The ".repeat(300) + "\"}\n");
    assertThat(generate(plain, "--input", input.toString(), "--output", output.toString()).err())
        .contains("row 2: has ", "the context is 128");
    assertThat(output).doesNotExist();
  }

  @Test
  void flags_that_do_not_go_together_are_wrong_use() {
    for (String[] args :
        new String[][] {
          {},
          {"--prompt", "a", "--messages", "b"},
          {"--input", "a"},
          {"--prompt", "a", "--output", "b"},
          {"--prompt", "a", "--batch-size", "2"},
          {"--input", "a", "--output", "b", "--batch-size", "0"},
          {"--messages", "a", "--raw"},
          {"--prompt", "a", "--temperature", "-1"},
          {"--prompt", "a", "--max-new-tokens", "0"},
          {"--prompt", "a", "--stop", ""},
          {"--prompt", "a", "--dtype", "float8"}
        }) {
      Cli run = generate(plain, args);
      assertThat(run.code()).as(String.join(" ", args)).isEqualTo(2);
      assertThat(run.out()).isEmpty();
      assertThat(run.err()).startsWith("error:");
    }
  }

  @Test
  void an_adapters_own_template_is_used_before_the_models() throws IOException {
    Path adapter = TinyModel.writeAdapter(chat, folder.resolve("adapter"));
    int before =
        json(chat, "--adapter", adapter + "", "--prompt", "The").path("prompt_tokens").asInt();
    Files.writeString(adapter.resolve("chat_template.jinja"), "{{ messages | length }}");
    int after =
        json(chat, "--adapter", adapter + "", "--prompt", "The").path("prompt_tokens").asInt();
    assertThat(before).isEqualTo(json(chat, "--prompt", "The").path("prompt_tokens").asInt());
    assertThat(after).isEqualTo(1);
  }
}
