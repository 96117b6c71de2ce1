package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizeCommandTest {
  @TempDir private static Path folder = Path.of("");
  private static String model = "";

  @BeforeAll
  static void write() throws IOException {
    model = TinyModel.write(folder.resolve("model"), Optional.empty()).toString();
  }

  private static Cli quantize(String output, String... more) {
    String[] args = new String[5 + more.length];
    args[0] = "quantize";
    args[1] = "--model";
    args[2] = model;
    args[3] = "--output";
    args[4] = folder.resolve(output).toString();
    System.arraycopy(more, 0, args, 5, more.length);
    return Cli.run(args);
  }

  @Test
  void nf4_with_double_quantization_is_the_default() throws IOException {
    Cli run = quantize("nf4", "--json");
    assertThat(run.code()).isZero();
    JsonNode out = new ObjectMapper().readTree(run.out());
    assertThat(out.get("type").asText()).isEqualTo("nf4");
    assertThat(out.get("blockSize").asInt()).isEqualTo(64);
    assertThat(out.get("doubleQuant").asBoolean()).isTrue();
    assertThat(out.get("quantized").asInt()).isEqualTo(14);
    // Every matrix has nested_quant_map's 1,024 bytes, which are much for one this small.
    assertThat(out.get("bitsPerWeight").asDouble()).isBetween(4.1, 100.0);
    assertThat(out.get("bytesBefore").asLong()).isPositive();
    assertThat(out.get("bytesAfter").asLong()).isPositive();
    Cli inspect = Cli.run("inspect", folder.resolve("nf4").toString());
    assertThat(inspect.out()).contains("up_proj.weight.quant_state.bitsandbytes__nf4");
    assertThat(folder.resolve("nf4").resolve("tokenizer.json")).exists();
  }

  @Test
  void each_flag_is_heeded() throws IOException {
    Cli run =
        quantize(
            "fp4", "--type=fp4", "--block-size=128", "--no-double-quant", "--skip=k_proj,v_proj");
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("quantized 10 matrices to fp4").contains("bits per weight");
    String inspect = Cli.run("inspect", folder.resolve("fp4").toString()).out();
    assertThat(inspect).contains("bitsandbytes__fp4").doesNotContain("nested_absmax");
    JsonNode config =
        new ObjectMapper().readTree(folder.resolve("fp4").resolve("config.json").toFile());
    assertThat(config.at("/quantization_config/llm_int8_skip_modules"))
        .extracting(JsonNode::asText)
        .containsExactly("lm_head", "k_proj", "v_proj");
  }

  @Test
  void what_is_skipped_includes_the_head_under_its_familys_name() throws IOException {
    Path neox =
        TinyModel.write(
            folder.resolve("neox"),
            """
            {"model_type": "gpt_neox", "vocab_size": 300, "hidden_size": 16,
             "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
             "max_position_embeddings": 64}
            """,
            Optional.empty());
    Path output = folder.resolve("neox-int8");
    String[] flags = {"--model=" + neox, "--output=" + output, "--type=int8", "--skip=mlp"};
    assertThat(Cli.run("quantize", flags[0], flags[1], flags[2], flags[3]).out())
        .contains("quantized 2 matrices");
    JsonNode config = new ObjectMapper().readTree(output.resolve("config.json").toFile());
    assertThat(config.at("/quantization_config/llm_int8_skip_modules"))
        .extracting(JsonNode::asText)
        .containsExactly("embed_out", "mlp");
  }

  @Test
  void int8_is_eight_bits_and_a_scale_per_row() {
    Cli run = quantize("int8", "--type", "int8", "--json");
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("\"bitsPerWeight\":").doesNotContain("blockSize");
  }

  @ParameterizedTest
  @CsvSource({
    "--type=nf5, nf5",
    "--block-size=48, 48",
    "--block-size=8192, 8192",
    "'--type=int8 --block-size=64', int8",
    "'--type=int8 --no-double-quant', int8",
  })
  void what_cannot_be_meant_is_refused(String flags, String found) {
    Cli run = quantize("refused", flags.split(" "));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains(found);
    assertThat(folder.resolve("refused")).doesNotExist();
  }
}
