package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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

class BenchCommandTest {
  @TempDir private static Path folder = Path.of("");
  private static String model = "";

  @BeforeAll
  static void write() throws IOException {
    model = TinyModel.write(folder.resolve("base"), Optional.empty()).toString();
  }

  private static Cli step(String... more) {
    List<String> args = new ArrayList<>(List.of("bench", "step", "--seq", "24", "--steps", "2"));
    args.addAll(List.of(more));
    return Cli.run(args.toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource({"lora, f32", "full, bf16"})
  void its_figures_agree_with_one_another(String method, String dtype) throws Exception {
    Cli run = step("--model", model, "--method", method, "--dtype", dtype, "--baseline", "--json");
    assertThat(run.err()).contains("step 2/2").contains("baseline 2/2");
    JsonNode json = new ObjectMapper().readTree(run.out());
    double seconds = json.path("step_seconds").asDouble();
    assertThat(json.path("tokens_per_s").asDouble())
        .isCloseTo(24 / seconds, within(1e-6 / seconds));
    assertThat(json.path("steps_seconds")).hasSize(2);
    assertThat(json.path("processor_seconds").isNumber()).isTrue();
    double work = json.path("model_gflops").asDouble() + json.path("recomputed_gflops").asDouble();
    assertThat(json.path("ratio").asDouble())
        .isBetween(1e-6, 1.0)
        .isCloseTo(work / seconds / json.path("matrix_peak_gflops").asDouble(), within(1e-9));
    assertThat(json.path("peak_bytes").asLong()).isGreaterThan(50L << 20);
    assertThat(json.path("planned_bytes").asLong()).isGreaterThan(320L << 20);
    assertThat(json.at("/baseline/factor").asDouble())
        .isCloseTo(json.at("/baseline/step_seconds").asDouble() / seconds, within(1e-9));
    // D 16, 24 wide between, 2 layers, V 300: rank 16 on 7 layers each, or all weights.
    int adapter = 16 * (16 + 16 + 16 + 8 + 16 + 8 + 16 + 16 + 3 * (16 + 24));
    int block = 16 * 16 + 16 * 8 * 2 + 16 * 16 + 3 * 16 * 24 + 2 * 16;
    assertThat(json.path("trainable_parameters").asInt())
        .isEqualTo(method.equals("lora") ? 2 * adapter : 2 * block + 2 * 300 * 16 + 16);
  }

  @Test
  void the_table_says_what_was_measured() {
    Cli run = step("--model", model, "--recompute", "false");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("lora, 1 x 24 tokens, float32")
        .containsPattern("recomputed +0.0 GFLOP")
        .containsPattern("ratio +0\\.\\d+")
        .doesNotContain("baseline");
  }

  @Test
  void what_cannot_be_meant_is_refused_before_anything_is_measured() {
    wrong("one of llama-85m, tinyllama-1.1b, llama-3.2-1b, llama-7b", "--shape", "llama-8m");
    wrong("--shape or --model", "--shape", "llama-85m", "--model", model);
    wrong("--shape or --model");
    wrong("[LORA, QLORA, FULL]", "--model", model, "--method", "sideways");
    wrong("--budget lots: expected a size", "--model", model, "--budget", "lots");
    wrong("--batch is 0", "--model", model, "--batch", "0");
  }

  @Test
  void a_plan_above_the_budget_is_not_started() {
    Cli run = step("--model", model, "--budget", "0.1GiB");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("more than the budget of 103 MiB").doesNotContain("loading");
  }

  @Test
  void a_family_whose_arithmetic_is_not_counted_is_refused_by_name() throws IOException {
    Path neox = Files.createDirectories(folder.resolve("neox"));
    Files.writeString(neox.resolve("config.json"), "{\"model_type\": \"gpt_neox\"}");
    Cli run = step("--model", neox.toString());
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err())
        .contains("is of type 'gpt_neox'")
        .contains("luthier plan")
        .doesNotContain("measuring");
  }

  private static void wrong(String says, String... args) {
    Cli run = step(args);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).startsWith("error:").contains(says).doesNotContain("measuring");
  }
}
