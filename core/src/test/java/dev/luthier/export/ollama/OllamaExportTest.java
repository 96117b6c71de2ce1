package dev.luthier.export.ollama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.format.GgufValue;
import dev.luthier.format.GgufWriter;
import dev.luthier.format.Json;
import dev.luthier.tokenizer.BpeTrainer;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.TokenizerRoles;
import dev.luthier.tokenizer.TokenizerWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders for {@code ollama create}; the GGUF file in them is planted. */
class OllamaExportTest {
  @TempDir private Path folder = Path.of("");
  private Path words = Path.of("");

  @BeforeEach
  void model() throws IOException {
    words = Files.createDirectories(folder.resolve("model"));
    tokenizer(ChatTemplates.source("chatml"));
    Json.write(
        words.resolve("generation_config.json"),
        Json.parse(
            "{\"eos_token_id\": [2, 0], \"temperature\": 0.7, \"top_p\": 0.9, \"top_k\": 20,"
                + " \"repetition_penalty\": 1.05}",
            ""));
    Files.writeString(words.resolve("LICENSE"), "Do \"good\".\n\nBe kind.\n");
  }

  private void tokenizer(Optional<String> template) {
    Optional<String> end = Optional.of("<|endoftext|>");
    TokenizerWriter.write(
        new BpeTrainer(300, List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>"), 1)
            .train(Stream.of("user assistant system")),
        new TokenizerRoles(end, end, end, false, 512, template),
        words);
  }

  private OllamaExport export() {
    return new OllamaExport(
        List.of(words), Optional.empty(), Optional.empty(), Optional.empty(), OptionalInt.empty());
  }

  private static void planted(Path gguf) {
    GgufWriter.write(
        gguf,
        Map.of(
            "general.architecture", GgufValue.of("llama"),
            "llama.context_length", GgufValue.uint32(512),
            "tokenizer.ggml.add_bos_token", GgufValue.of(false)),
        List.of());
  }

  /** A Modelfile's commands, by Ollama's rules for quotes and the ends of values. */
  private static List<String> read(String text) {
    List<String> out = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      int space = text.indexOf(' ', at);
      String name = text.substring(at, space);
      if (name.equals("PARAMETER")) {
        int second = text.indexOf(' ', space + 1);
        name += " " + text.substring(space + 1, second);
        space = second;
      }
      int end = space + 1;
      Optional<String> value = Optional.empty();
      while (value.isEmpty()) {
        end = text.indexOf('\n', end + 1);
        value = unquoted(text.substring(space + 1, end).strip());
      }
      out.add(name + "=" + value.get());
      at = end + 1;
    }
    return out;
  }

  private static Optional<String> unquoted(String s) {
    if (s.startsWith("\"\"\"")) {
      return s.length() >= 6 && s.endsWith("\"\"\"")
          ? Optional.of(s.substring(3, s.length() - 3))
          : Optional.empty();
    }
    return Optional.of(s);
  }

  @Test
  void the_folder_holds_the_model_and_what_runs_it_as_trained() throws IOException {
    Path output = folder.resolve("out");
    OllamaExport.Result result =
        new OllamaExport(
                List.of(words),
                Optional.empty(),
                Optional.of(" Say \"yes\".\n"),
                Optional.empty(),
                OptionalInt.empty())
            .run(OllamaExportTest::planted, output);
    assertThat(output.resolve("model.gguf")).isRegularFile();
    String template = result.proven().orElseThrow().source();
    assertThat(read(Files.readString(output.resolve("Modelfile"))))
        .containsExactly(
            "FROM=./model.gguf",
            "TEMPLATE=" + template,
            "PARAMETER stop=<|im_end|>",
            "PARAMETER stop=<|endoftext|>",
            "PARAMETER temperature=0.7",
            "PARAMETER top_k=20",
            "PARAMETER top_p=0.9",
            "PARAMETER repeat_penalty=1.05",
            "PARAMETER num_ctx=512",
            "SYSTEM= Say \"yes\".\n",
            "LICENSE=Do \"good\".\n\nBe kind.\n");
  }

  @Test
  void a_model_without_a_chat_template_gets_the_text_as_it_is() throws IOException {
    Files.delete(words.resolve("chat_template.jinja"));
    tokenizer(Optional.empty());
    Path output = folder.resolve("out");
    OllamaExport.Result result = export().run(OllamaExportTest::planted, output);
    assertThat(result.proven()).isEmpty();
    assertThat(Files.readString(output.resolve("Modelfile")))
        .contains("TEMPLATE \"\"\"{{ .Prompt }}\"\"\"");
  }

  @Test
  void a_template_that_cannot_be_proven_leaves_nothing_behind() {
    tokenizer(
        Optional.of("{% for m in messages %}{{ m.content | upper }}{{ m.content }}{% endfor %}"));
    Path output = folder.resolve("out");
    assertThatThrownBy(() -> export().run(OllamaExportTest::planted, output))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("#ollama-template");
    assertThat(output).doesNotExist();
  }

  @Test
  void a_template_of_ones_own_is_taken_and_its_differences_told() throws IOException {
    Path own = folder.resolve("own.gotmpl");
    Files.writeString(own, "{{ .System }}{{ .Prompt }}");
    OllamaExport.Result result =
        new OllamaExport(
                List.of(words),
                Optional.empty(),
                Optional.empty(),
                Optional.of(own),
                OptionalInt.of(8192))
            .run(OllamaExportTest::planted, folder.resolve("out"));
    assertThat(result.notes()).anyMatch(n -> n.contains("prints 72 of the test conversations"));
    assertThat(Files.readString(folder.resolve("out/Modelfile")))
        .contains("{{ .System }}{{ .Prompt }}", "num_ctx 8192");
  }

  @Test
  void a_folder_that_is_there_is_not_written_over() {
    assertThatThrownBy(() -> export().run(OllamaExportTest::planted, folder))
        .hasMessageContaining("is there already");
  }
}
