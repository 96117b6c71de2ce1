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

class PlanCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder = Path.of("");
  private static String model = "";
  private static String rows = "";

  @BeforeAll
  static void write() throws IOException {
    model = TinyModel.write(folder.resolve("base"), Optional.of(TinyModel.CHATML)).toString();
    rows = TinyModels.rows(folder.resolve("rows.jsonl"), 40).toString();
  }

  private static Cli run(String verb, String... more) {
    List<String> args = new ArrayList<>(List.of(verb, "--model", model, "--data", rows));
    args.addAll(List.of("--set", "data.maxLength=256", "--set", "lora.rank=4"));
    args.addAll(List.of(more));
    return Cli.run(args.toArray(String[]::new));
  }

  private static JsonNode json(String... more) throws IOException {
    List<String> args = new ArrayList<>(List.of(more));
    args.add("--json");
    Cli run = run("plan", args.toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isZero();
    return JSON.readTree(run.out());
  }

  private static long sum(JsonNode parts) {
    long sum = 0;
    for (JsonNode part : parts) {
      sum += part.asLong();
    }
    return sum;
  }

  @Test
  void the_table_adds_up_and_says_how_steps_run() {
    Cli run = run("plan", "--budget", "8GB");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out())
        .startsWith(model + ", lora, float32: the longest batch is 4 x 256 tokens\n")
        .containsPattern("weights +0\\.0 MiB|weights +0\\.1 MiB")
        .containsPattern("kept blocks +\\d+\\.\\d MiB")
        .containsPattern("total +3\\d\\d\\.\\d MiB of the budget of 8GB\n")
        .contains("steps: 4 x 2 sequences per step, 2 of 2 blocks kept, logits of");
    assertThat(run("plan").out()).containsPattern("total .* MiB; this machine has \\d");
  }

  @Test
  void json_has_every_part_in_bytes() throws IOException {
    JsonNode plan = json("--budget", "8GB", "--set", "memory.keptBlocks=1");
    assertThat(plan.path("parts").size()).isEqualTo(9);
    assertThat(sum(plan.path("parts"))).isEqualTo(plan.path("planned_bytes").asLong());
    assertThat(plan.path("budget_bytes").asLong()).isEqualTo(8_000_000_000L);
    assertThat(plan.path("longest").asInt()).isEqualTo(256);
    assertThat(plan.path("blocks").asInt()).isEqualTo(2);
    assertThat(plan.path("kept_blocks").asInt()).isEqualTo(1);
    assertThat(plan.path("micro_batch_size").asInt()).isEqualTo(4);
    assertThat(plan.path("gradient_accumulation").asInt()).isEqualTo(2);
    assertThat(plan.path("streamed").asBoolean()).isFalse();
    JsonNode stream =
        json("--set", "weights=stream", "--set", "memory.savedInputs=disk", "--dtype", "bf16");
    assertThat(stream.path("streamed").asBoolean()).isTrue();
    assertThat(stream.path("spilled").asBoolean()).isTrue();
    assertThat(stream.has("budget_bytes")).isFalse();
    assertThat(stream.at("/parts/weights").asLong())
        .isLessThan(plan.at("/parts/weights").asLong() / 2);
  }

  @Test
  void sft_runs_as_planned_and_records_it() throws IOException {
    Path out = folder.resolve("out");
    String[] same = {"--budget", "8GB", "--set", "memory.keptBlocks=1"};
    JsonNode plan = json(same);
    Cli run =
        run("sft", same[0], same[1], same[2], same[3], "--output=" + out, "--set=train.maxSteps=1");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("memory: planned 3").contains("1 of 2 blocks kept");
    JsonNode recorded = JSON.readTree(out.resolve("run.json").toFile()).get("memory");
    assertThat(recorded.size()).isEqualTo(9);
    recorded
        .fields()
        .forEachRemaining(
            field -> assertThat(field.getValue()).isEqualTo(plan.get(field.getKey())));
  }

  @Test
  void a_budget_that_is_too_small_is_refused_before_anything_is_written() {
    Path out = folder.resolve("refused");
    for (Cli run :
        List.of(
            run("plan", "--budget", "100MB"),
            run("sft", "--budget", "100MB", "--output", out.toString()))) {
      assertThat(run.code()).isEqualTo(1);
      assertThat(run.out()).isEmpty();
      assertThat(run.err())
          .contains("error: the step is planned to take")
          .contains("more than the budget of 96 MiB; the largest parts are process")
          .contains("docs/troubleshooting.md#memory");
    }
    assertThat(Files.exists(out)).isFalse();
  }

  @Test
  void where_only_fit_would_do_the_refusal_says_so_and_how() throws IOException {
    long needed = json("--set", "memory.keptBlocks=0").path("planned_bytes").asLong();
    Cli refused = run("plan", "--budget", needed - (1 << 20) + "B");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("the smallest takes", "With --fit this one would be used");
    JsonNode fit = json("--budget", needed - (1 << 20) + "B", "--fit");
    assertThat(fit.path("planned_bytes").asLong()).isLessThanOrEqualTo(needed - (1 << 20));
    assertThat(fit.path("micro_batch_size").asInt() * fit.path("gradient_accumulation").asInt())
        .isEqualTo(8);
  }

  @Test
  void wrong_use_is_told_as_wrong_use() {
    Cli fit = run("plan", "--fit");
    assertThat(fit.code()).isEqualTo(2);
    assertThat(fit.err()).contains("memory.fit").contains("needs memory.budget (--budget 8GB)");
    assertThat(run("plan", "--budget", "much").err()).contains("expected a size such as 8GB");
    assertThat(run("plan", "--set", "weights=stream", "--method", "full").err())
        .contains("only a frozen base in its own precision can be streamed");
  }
}
