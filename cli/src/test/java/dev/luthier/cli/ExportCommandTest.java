package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code export gguf} and {@code export gguf-lora}, from the command line to the files. */
class ExportCommandTest {
  private static final String WIDE =
      """
      {"model_type": "llama", "vocab_size": 300, "hidden_size": 32, "intermediate_size": 64,
       "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
       "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "tie_word_embeddings": false,
       "initializer_range": 0.3, "bos_token_id": 0, "eos_token_id": 0}
      """;

  @TempDir private static Path folder = Path.of("");
  private static String model = "";
  private static String adapter = "";

  @BeforeAll
  static void write() throws IOException {
    Path base = TinyModel.write(folder.resolve("model"), Optional.of(TinyModel.CHATML));
    model = base.toString();
    adapter = TinyModel.writeAdapter(base, folder.resolve("adapter")).toString();
  }

  private static String file(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void an_export_says_what_it_is_made_of_and_continues_a_text_as_its_model_does()
      throws IOException {
    String output = file("model.gguf");
    Cli run =
        Cli.run("export", "gguf", "--model", model, "--type", "f32", "--output", output, "--json");
    assertThat(run.code()).as(run.err()).isZero();
    JsonNode out = new ObjectMapper().readTree(run.out());
    assertThat(out.path("type").asText()).isEqualTo("F32");
    assertThat(out.path("types").path("F32").path("tensors").asInt()).isEqualTo(21);
    assertThat(out.path("bits_per_weight").asDouble()).isEqualTo(32);
    String[] generate = {"generate", "--prompt", "The birch", "--max-tokens", "12", "--model", ""};
    generate[6] = model;
    String expected = Cli.run(generate).out();
    generate[6] = output;
    assertThat(Cli.run(generate).out()).isEqualTo(expected);
    Cli inspect = Cli.run("inspect", output);
    assertThat(inspect.out())
        .contains("general.name = model")
        .contains("general.file_type = 0")
        .contains("tokenizer.chat_template = {% for m in messages %}")
        .doesNotContain("quantization_version");
  }

  @Test
  void an_adapter_is_multiplied_in_or_written_alone() {
    Cli fused =
        Cli.run(
            "export",
            "gguf",
            "--model",
            model,
            "--adapter",
            adapter,
            "--type",
            "F32",
            "--output",
            file("fused.gguf"));
    assertThat(fused.code()).as(fused.err()).isZero();
    assertThat(fused.out()).contains("32.00 bits per weight").contains("llama-cli -m ");
    Cli alone =
        Cli.run(
            "export",
            "gguf-lora",
            "--model",
            model,
            "--adapter",
            adapter,
            "--output",
            file("a.gguf"));
    assertThat(alone.code()).as(alone.err()).isZero();
    assertThat(alone.out()).contains("14 matrices changed").contains("--lora ");
    assertThat(alone.err()).contains("self-test: the adapter changes them").contains(": passed\n");
    assertThat(Cli.run("inspect", file("a.gguf")).out())
        .contains("general.type = adapter")
        .contains("adapter.lora.alpha = 32.0")
        .contains("blk.1.ffn_down.weight.lora_b");
  }

  @Test
  void an_adapter_is_tried_over_the_base_that_is_named() throws IOException {
    String base = file("base.gguf");
    String[] export = {"export", "gguf", "--model", model, "--type", "Q8_0", "--output", base};
    assertThat(Cli.run(export).code()).isZero();
    String[] words = {
      "export", "gguf-lora", "--model", model, "--adapter", adapter, "--output", file("b.gguf")
    };
    String[] named = Arrays.copyOf(words, words.length + 3);
    named[8] = "--base-gguf";
    named[9] = base;
    named[10] = "--json";
    Cli run = Cli.run(named);
    assertThat(run.code()).as(run.err()).isZero();
    JsonNode test = new ObjectMapper().readTree(run.out()).path("self_test");
    assertThat(test.path("lines").toString()).contains("at most 0.05");
    assertThat(test.path("not_checked").isArray()).isTrue();
    assertThat(test.path("divergence").asDouble()).isBetween(0.0, 0.05);
    named[8] = "--check";
    named[9] = "false";
    assertThat(new ObjectMapper().readTree(Cli.run(named).out()).has("self_test")).isFalse();
  }

  @Test
  void rounding_what_is_rounded_already_is_warned_of() throws IOException {
    Path wide = TinyModel.write(folder.resolve("again"), WIDE, Optional.empty());
    String once = file("once.gguf");
    String[] words = {"export", "gguf", "--model", "", "--type", "Q8_0", "--output", once};
    words[3] = wide.toString();
    Cli first = Cli.run(words);
    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.err()).doesNotContain("warning");
    words[3] = once;
    words[5] = "Q5_0";
    words[7] = file("twice.gguf");
    String[] json = Arrays.copyOf(words, words.length + 1);
    json[8] = "--json";
    Cli run = Cli.run(json);
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("warning: " + once + " is quantized already (Q8_0): rounding");
    assertThat(new ObjectMapper().readTree(run.out()).path("warnings").path(0).asText())
        .contains("once more to Q5_0");
    words[5] = "F16";
    assertThat(Cli.run(words).err()).doesNotContain("warning");
  }

  @Test
  void rows_too_short_are_told() {
    Cli run =
        Cli.run("export", "gguf", "--model", model, "--type", "Q4_K_M", "--output", file("q.gguf"));
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("no whole blocks of Q4_K").contains("F16");
  }

  @Test
  void an_importance_matrix_moves_the_rounding() throws IOException {
    Path wide = TinyModel.write(folder.resolve("wide"), WIDE, Optional.empty());
    Path text = Files.writeString(folder.resolve("text.txt"), "The birch canoe. ".repeat(40));
    String matrix = file("matrix.gguf");
    Cli made =
        Cli.run(
            "imatrix",
            "--model",
            wide.toString(),
            "--text",
            text.toString(),
            "--chunk",
            "32",
            "--output",
            matrix);
    assertThat(made.code()).as(made.err()).isZero();
    String[] plain = {
      "export", "gguf", "--model", wide.toString(), "--type", "Q4_0", "--output", file("plain.gguf")
    };
    assertThat(Cli.run(plain).code()).isZero();
    String[] weighted = Arrays.copyOf(plain, plain.length + 2);
    weighted[7] = file("weighted.gguf");
    weighted[8] = "--imatrix";
    weighted[9] = matrix;
    Cli run = Cli.run(weighted);
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).doesNotContain("has nothing for");
    byte[] with = Files.readAllBytes(Path.of(file("weighted.gguf")));
    byte[] without = Files.readAllBytes(Path.of(file("plain.gguf")));
    assertThat(with).isNotEqualTo(without);
    assertThat(Cli.run("inspect", weighted[7]).out())
        .contains("quantize.imatrix.file = matrix.gguf")
        .contains("quantize.imatrix.dataset = text.txt")
        .contains("quantize.imatrix.entries_count = 14")
        .contains("quantize.imatrix.chunks_count = ");
    assertThat(Cli.run("inspect", plain[7]).out()).doesNotContain("quantize.imatrix");
  }

  @Test
  void other_types_are_refused_by_name() {
    Cli run = Cli.run("export", "gguf", "--model", model, "--type", "Q9", "--output", file("x"));
    assertThat(run.code()).isEqualTo(Program.WRONG_USE);
    assertThat(run.err()).contains("--type is 'Q9'; expected one of F32, F16, BF16, Q8_0");
    assertThat(
            Cli.run(
                    "export",
                    "gguf-lora",
                    "--model",
                    model,
                    "--adapter",
                    adapter,
                    "--type",
                    "Q4_0",
                    "--output",
                    file("x"))
                .err())
        .contains("--type is 'Q4_0'; expected F32, F16, BF16 or Q8_0");
  }
}
