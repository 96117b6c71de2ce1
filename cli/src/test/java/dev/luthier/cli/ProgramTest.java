package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.Versions;
import dev.luthier.recipe.demo.DemoCorpus;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ProgramTest {
  /** A tokenizer with one word per token and no special tokens. */
  private static final String WORDS =
      """
      {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,
       "pre_tokenizer":{"type":"Whitespace"},"post_processor":null,"decoder":null,
       "model":{"type":"WordLevel","vocab":{"<unk>":0,"hello":1,"there":2},"unk_token":"<unk>"}}
      """;

  @Test
  void every_verb_explains_itself_with_an_example() {
    List<CommandLine> verbs = new ArrayList<>();
    collect(Program.commandLine(silent()), verbs);
    assertThat(verbs).isNotEmpty();
    for (CommandLine verb : verbs) {
      String[] path = verb.getCommandSpec().qualifiedName().split(" ");
      String[] args = java.util.Arrays.copyOfRange(path, 1, path.length + 1);
      args[args.length - 1] = "--help";
      Cli help = Cli.run(args);
      assertThat(help.code()).as(String.join(" ", args)).isZero();
      assertThat(help.out())
          .contains("Usage: luthier")
          .containsPattern("Examples?:\\R  " + verb.getCommandSpec().qualifiedName());
    }
  }

  @Test
  void no_example_is_broken_over_two_lines_on_a_terminal_of_80_columns() {
    List<CommandLine> verbs = new ArrayList<>();
    collect(Program.commandLine(silent()), verbs);
    for (CommandLine verb : verbs) {
      assertThat(verb.getCommandSpec().usageMessage().footer())
          .as(verb.getCommandSpec().qualifiedName())
          .allMatch(line -> line.length() < 80);
    }
  }

  private static void collect(CommandLine line, List<CommandLine> out) {
    for (CommandLine verb : line.getSubcommands().values()) {
      if (verb.getSubcommands().isEmpty()) {
        out.add(verb);
      }
      collect(verb, out);
    }
  }

  private static Console silent() {
    ByteArrayOutputStream nothing = new ByteArrayOutputStream();
    return new Console(Cli.stream(nothing), Cli.stream(nothing), false, false);
  }

  @Test
  void the_version_is_the_builds() {
    Cli run = Cli.run("--version");
    assertThat(run.code()).isZero();
    assertThat(run.out()).isEqualToIgnoringNewLines("luthier " + Versions.of("luthier") + "\n");
    assertThat(Versions.of("luthier")).matches("\\d+\\.\\d+\\.\\d+.*");
  }

  @Test
  void wrong_use_exits_with_2_and_keeps_stdout_clean() {
    for (String[] args :
        new String[][] {
          {"sing"},
          {"tokenize"},
          {"tokenize", "--model", "m"},
          {"tokenize", "--model", "m", "--text", "a", "--file", "b"},
          {"tokenize", "--model", "m", "--text", "a", "--colour"},
          {"config"},
          {"config", "chat"}
        }) {
      Cli run = Cli.run(args);
      assertThat(run.code()).as(String.join(" ", args)).isEqualTo(2);
      assertThat(run.out()).isEmpty();
      assertThat(run.err()).startsWith("error: ");
    }
  }

  @Test
  void a_failure_exits_with_1_and_one_line(@TempDir Path folder) {
    Cli run = Cli.run("tokenize", "--model", folder.toString(), "--text", "a", "--json");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().strip().lines()).hasSize(1);
    assertThat(run.err()).startsWith("error: ").contains("tokenizer.json");
  }

  @Test
  void json_is_one_object_and_nothing_else(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("tokenizer.json"), WORDS);
    Files.writeString(folder.resolve("text.txt"), "there hello élève");
    Cli run =
        Cli.run(
            "tokenize",
            "--model",
            folder.toString(),
            "--file",
            folder.resolve("text.txt").toString(),
            "--json");
    assertThat(run.err()).isEmpty();
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.toString()).isEqualTo("{\"ids\":[2,1,0]}");
    assertThat(run.out().strip().lines()).hasSize(1);
    Cli plain = Cli.run("tokenize", "--model", folder.toString(), "--text", "hello there");
    assertThat(plain.out().strip()).isEqualTo("1 2");
  }

  @Test
  void config_prints_settings_that_can_be_read_back() {
    Cli run = Cli.run("config", "sft");
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("  # learningRate:").contains("  rank: 16");
    assertThat(Cli.run("config", "pretrain").out()).contains("  vocabSize:");
  }

  @Test
  void demo_writes_the_text_that_its_base_was_trained_on(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("new/corpus.jsonl");
    Cli run = Cli.run("demo", "--write-corpus", file.toString());
    assertThat(run.code()).isZero();
    assertThat(Files.size(file)).isBetween(DemoCorpus.BYTES, DemoCorpus.BYTES + 10_000);
    try (Stream<String> lines = Files.lines(file)) {
      JsonNode first = new ObjectMapper().readTree(lines.findFirst().orElseThrow());
      assertThat(first.path("text").asText()).isEqualTo(new DemoCorpus(42).next());
    }
  }

  @Test
  void inspect_lists_a_files_tensors_and_metadata(@TempDir Path folder) throws Exception {
    byte[] header =
        "{\"__metadata__\":{\"format\":\"pt\"},\"w\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}"
            .getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(8 + header.length + 8).order(ByteOrder.LITTLE_ENDIAN);
    Files.write(
        folder.resolve("model.safetensors"),
        file.putLong(header.length).put(header).putFloat(1).putFloat(2).array());
    Files.writeString(folder.resolve("config.json"), "{\"model_type\":\"llama\"}");
    JsonNode json = new ObjectMapper().readTree(Cli.run("inspect", folder + "", "--json").out());
    assertThat(json.path("parameters").asLong()).isEqualTo(2);
    assertThat(json.at("/tensors/0").toString())
        .isEqualTo(
            "{\"name\":\"w\",\"dtype\":\"F32\",\"shape\":[1,2],\"bytes\":8,\"file\":\"model.safetensors\"}");
    assertThat(json.at("/metadata/model.safetensors/format").asText()).isEqualTo("pt");
    assertThat(json.at("/configs/config.json/model_type").asText()).isEqualTo("llama");
    assertThat(Cli.run("inspect", folder + "").out()).contains("w  F32  [1, 2]");
    Cli missing = Cli.run("inspect", folder.resolve("nothing").toString());
    assertThat(missing.code()).isEqualTo(1);
    assertThat(missing.err()).contains("found nothing");
  }

  @Test
  void doctor_reports_devices_and_versions() throws Exception {
    Cli run = Cli.run("doctor", "--json");
    assertThat(run.code()).isZero();
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.at("/devices/0").asText()).isEqualTo("cpu");
    assertThat(json.path("threads").asInt()).isPositive();
    assertThat(json.at("/versions/pytorch").asText()).isNotEmpty().doesNotContain("$");
    assertThat(json.path("off").has("mps") || json.path("devices").size() > 1).isTrue();
    assertThat(Cli.run("doctor").out()).contains("devices").contains("advice");
  }

  @Test
  void template_render_prints_the_rendered_text_and_nothing_more(@TempDir Path folder)
      throws Exception {
    Path template = folder.resolve("t.jinja");
    Files.writeString(
        template,
        "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
            + "{% if add_generation_prompt %}[assistant]{% endif %}");
    Path messages = folder.resolve("m.json");
    Files.writeString(messages, "[{\"role\":\"user\",\"content\":\"Grüß dich\"}]");
    Cli run =
        Cli.run(
            "template",
            "render",
            "--template",
            template.toString(),
            "--messages",
            messages.toString(),
            "--generation-prompt",
            "--bos",
            "<s>");
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).isEqualTo("<s>[user]Grüß dich[assistant]");
    Files.writeString(messages, "{\"messages\":7}");
    assertThat(
            Cli.run(
                    "template",
                    "render",
                    "--template",
                    template.toString(),
                    "--messages",
                    messages.toString())
                .code())
        .isEqualTo(1);
  }

  @Test
  void data_preview_marks_what_is_trained(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("tokenizer.json"), WORDS);
    Path rows = folder.resolve("rows.jsonl");
    Files.writeString(rows, "{\"prompt\":\"hello \",\"completion\":\"there there\"}\n".repeat(2));
    Cli run =
        Cli.run(
            "data", "preview", "--model", folder + "", "--data", rows + "", "--rows", "1", "--ids");
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("row 1: 3 tokens, 2 trained")
        .contains("⟦ there there⟧")
        .contains("⟦2 2⟧")
        .doesNotContain("row 2:");
    Cli unknown =
        Cli.run(
            "data",
            "preview",
            "--model",
            folder + "",
            "--data",
            rows + "",
            "--set",
            "data.maxLenght=3");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).contains("did you mean data.maxLength?");
  }
}
