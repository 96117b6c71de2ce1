package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.recipe.RewardRun;
import dev.luthier.recipe.RewardSettings;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.demo.Sentence;
import dev.luthier.recipe.demo.SentenceGrammar;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A small model learns to score Yoda-speak above plain English. */
class RewardCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path shared = Path.of("");
  private static Path model = Path.of("");
  private static Path pairs = Path.of("");

  @TempDir private Path temp = Path.of("");

  @BeforeAll
  static void make() throws IOException {
    model = TinyModels.pretrained(shared);
    pairs = shared.resolve("pairs.jsonl");
    SentenceGrammar grammar = new SentenceGrammar(4);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      Sentence s = grammar.next();
      lines.add(
          JSON.writeValueAsString(
              JSON.createObjectNode()
                  .put("prompt", s.plain())
                  .put("chosen", s.yoda())
                  .put("rejected", s.plain())
                  .put("margin", i % 3 == 0 ? 0.5 : 0)));
    }
    Files.write(pairs, lines);
  }

  private Cli run(String name, String... more) {
    List<String> words = new ArrayList<>(List.of("reward", "--model", model.toString()));
    words.addAll(List.of("--data", pairs.toString(), "--eval-data", pairs.toString()));
    words.addAll(List.of("--output", temp.resolve(name).toString()));
    words.addAll(List.of("--set", "data.maxLength=128", "--set", "train.microBatchSize=2"));
    words.addAll(List.of("--set", "train.maxSteps=20", "--set", "lora.rank=4"));
    words.addAll(List.of("--set", "train.learningRate=1e-2"));
    words.addAll(List.of(more));
    return Cli.run(words.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"lora", "full"})
  void what_is_learnt_is_what_score_says(String method) throws IOException {
    Cli run = run("rm", "--method", method, "--json");
    assertThat(run.code()).as(run.err()).isZero();
    JsonNode after = JSON.readTree(run.out()).path("eval_after");
    assertThat(after.path("accuracy").asDouble()).isGreaterThan(0.8);
    List<String> words = new ArrayList<>(List.of("reward", "score", "--json", "--data"));
    words.add(pairs.toString());
    String result = temp.resolve("rm").toString();
    words.addAll(
        method.equals("full")
            ? List.of("--model", result)
            : List.of("--model", model.toString(), "--adapter", result));
    Cli score = Cli.run(words.toArray(String[]::new));
    assertThat(score.code()).as(score.err()).isZero();
    String[] lines = score.out().strip().split("\n");
    assertThat(lines).hasSize(31);
    double chosen = 0;
    for (int i = 0; i < 30; i++) {
      chosen += JSON.readTree(lines[i]).path("chosen").asDouble() / 30;
    }
    assertThat(chosen).isCloseTo(after.path("rewards/chosen").asDouble(), within(1e-4));
    assertThat(JSON.readTree(lines[30]).path("accuracy").asDouble())
        .isEqualTo(after.path("accuracy").asDouble());
  }

  @Test
  void a_run_that_was_stopped_ends_as_if_it_had_not_been() throws IOException {
    go("whole", false, Long.MAX_VALUE);
    go("cut", false, 3);
    go("cut", true, Long.MAX_VALUE);
    assertThat(temp.resolve("cut/adapter_model.safetensors"))
        .hasSameBinaryContentAs(temp.resolve("whole/adapter_model.safetensors"));
  }

  private void go(String to, boolean resume, long stop) {
    Settings all = new Settings();
    all.set("model=" + model).set("data.train=" + pairs).set("output=" + temp.resolve(to));
    all.set("data.maxLength=128").set("train.maxSteps=5").set("lora.rank=4");
    long[] done = {0};
    TrainListener counting =
        new TrainListener() {
          @Override
          public void step(StepMetrics metrics) {
            done[0] = metrics.step();
          }
        };
    RewardRun.run(all.bind(RewardSettings.class), resume, () -> done[0] >= stop, counting);
  }

  @Test
  void single_answers_are_scored_as_well() {
    assertThat(run("rm", "--set", "train.maxSteps=1").code()).isZero();
    String[] of = {
      "reward",
      "score",
      "--model",
      model.toString(),
      "--adapter",
      temp.resolve("rm").toString(),
      "--prompt",
      "The cat sleeps.",
      "--answer",
      "Sleeps, it does."
    };
    Cli score = Cli.run(of);
    assertThat(score.code()).as(score.err()).isZero();
    assertThat(score.out()).matches("1\t-?[0-9]+\\.[0-9]{4}\n");
  }

  @Test
  void a_model_without_a_score_is_refused_and_so_is_half_a_question() {
    Cli none =
        Cli.run("reward", "score", "--model", model.toString(), "--prompt", "a", "--answer", "b");
    assertThat(none.code()).isEqualTo(Program.FAILED);
    assertThat(none.err()).contains("gives no score").contains("docs/reward.md");
    Cli half = Cli.run("reward", "score", "--model", model.toString(), "--prompt", "a");
    assertThat(half.code()).isEqualTo(Program.WRONG_USE);
  }

  @Test
  void a_margin_that_is_no_number_refuses_its_row() throws IOException {
    Path rows = temp.resolve("rows.jsonl");
    Files.writeString(
        rows, "{\"prompt\":\"a\",\"chosen\":\"b\",\"rejected\":\"c\",\"margin\":\"large\"}\n");
    Cli run =
        Cli.run(
            "reward",
            "--model",
            model.toString(),
            "--data",
            rows.toString(),
            "--output",
            temp.resolve("y").toString());
    assertThat(run.code()).isEqualTo(Program.FAILED);
    assertThat(run.err()).contains("margin is").contains("large").contains("not a number");
  }
}
