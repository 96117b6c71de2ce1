package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchRolloutCommandTest {
  @TempDir private static Path folder = Path.of("");
  private static String model = "";

  @BeforeAll
  static void write() throws IOException {
    model = TinyModels.pretrained(folder).toString();
  }

  private static Cli rollout(String... more) {
    List<String> args = new ArrayList<>(List.of("bench", "rollout", "--model", model));
    args.addAll(List.of("--prompts", "2", "--generations", "3", "--prompt", "5"));
    args.addAll(List.of("--answer", "6", "--rounds", "2"));
    args.addAll(List.of(more));
    return Cli.run(args.toArray(String[]::new));
  }

  @Test
  void every_part_has_its_time() throws IOException {
    Cli run = rollout("--json");
    assertThat(run.code()).as(run.err()).isZero();
    JsonNode json = new ObjectMapper().readTree(run.out());
    for (String part : List.of("sample", "logps", "reference", "update", "engine")) {
      assertThat(json.path(part + "_seconds").asDouble()).as(part).isPositive();
    }
    double sample = json.path("sample_seconds").asDouble();
    assertThat(json.path("tokens_per_s").asDouble())
        .isCloseTo(2 * 3 * 6 / sample, within(1e-6 / sample));
    assertThat(json.path("engine_factor").asDouble())
        .isCloseTo(json.path("engine_seconds").asDouble() / sample, within(1e-9));
    assertThat(json.path("sampler_difference").asDouble()).isLessThan(1e-4);
  }

  @Test
  void the_table_says_what_was_measured() {
    Cli run = rollout();
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("round 2/2");
    assertThat(run.out())
        .contains("lora, float32, 6 answers of 6 tokens to 2 prompts of 5")
        .containsPattern("writing +0\\.\\d+ s +\\d+ %");
  }

  @Test
  void what_cannot_be_meant_is_refused() {
    Cli run = Cli.run("bench", "rollout", "--model", model, "--generations", "1");
    assertThat(run.code()).isEqualTo(Program.WRONG_USE);
    assertThat(run.err()).contains("generations").contains("must be at least 2");
  }
}
