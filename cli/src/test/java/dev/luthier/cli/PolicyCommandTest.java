package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.luthier.recipe.PolicyAlgorithm;
import dev.luthier.recipe.PolicyRun;
import dev.luthier.recipe.PolicyRunSettings;
import dev.luthier.recipe.Settings;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A small model learns to write what a rule rewards. */
class PolicyCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Rewards answers with a k, of which there are few at first. */
  private static final String HAS_K =
      """
      import dev.luthier.train.policy.RewardFunction;
      import java.util.List;

      public class HasK implements RewardFunction {
        @Override
        public double[] score(List<Completion> completions) {
          return completions.stream().mapToDouble(
              c -> (c.text().contains("k") ? 1 : 0) + c.text().length() / 1000.0).toArray();
        }
      }
      """;

  @TempDir private static Path shared = Path.of("");
  private static Path model = Path.of("");
  private static Path prompts = Path.of("");
  private static Path hasK = Path.of("");

  @TempDir private Path temp = Path.of("");

  @BeforeAll
  static void make() throws IOException {
    model = TinyModels.pretrained(shared);
    prompts =
        Files.write(
            shared.resolve("prompts.jsonl"),
            IntStream.range(0, 12)
                .mapToObj(i -> "{\"prompt\":\"Say something of " + i + ".\",\"n\":" + i + "}")
                .toList());
    hasK = Files.writeString(shared.resolve("HasK.java"), HAS_K);
  }

  private Cli run(String verb, String name, String... more) {
    return runOver(prompts, verb, name, more);
  }

  private Cli runOver(Path data, String verb, String name, String... more) {
    List<String> words = new ArrayList<>(List.of(verb, "--model", model.toString()));
    words.addAll(List.of("--data", data.toString()));
    words.addAll(List.of("--output", temp.resolve(name).toString()));
    words.addAll(List.of("--set", "data.maxLength=64", "--set", "rollout.maxNewTokens=12"));
    words.addAll(List.of("--set", "rollout.prompts=4", "--set", "rollout.generations=4"));
    words.addAll(List.of("--set", "train.maxSteps=4", "--set", "train.microBatchSize=2"));
    words.addAll(List.of("--set", "lora.rank=4", "--set", "train.learningRate=1e-2"));
    words.addAll(List.of(more));
    return Cli.run(words.toArray(String[]::new));
  }

  private List<JsonNode> metrics(String name) throws IOException {
    List<JsonNode> out = new ArrayList<>();
    for (String line : Files.readAllLines(temp.resolve(name).resolve("metrics.jsonl"))) {
      out.add(JSON.readTree(line));
    }
    return out;
  }

  @ParameterizedTest
  @EnumSource(PolicyAlgorithm.class)
  void rewards_rise_and_the_first_ratio_is_exactly_1(PolicyAlgorithm algorithm) throws IOException {
    int passes = algorithm == PolicyAlgorithm.PPO ? 4 : 1;
    Cli run =
        run(
            algorithm.toString(),
            "a",
            "--reward",
            hasK.toString(),
            "--eval-data",
            prompts.toString(),
            "--set",
            "train.maxSteps=24",
            "--set",
            "loss.beta=0.01",
            "--set",
            "train.learningRate=1e-2",
            "--set",
            "rollout.generations=8");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("reference: " + model + ", the weights that training begins");
    assertThat(run.err())
        .contains("sample: Say something of ")
        .containsPattern("reward 0\\.\\d+  kl_a");
    List<JsonNode> lines = metrics("a");
    assertThat(lines.get(0).path("step").asInt()).isZero();
    for (JsonNode line : lines) {
      if (line.has("ratio_off")) {
        if ((line.path("step").asInt() - 1) % passes == 0) {
          assertThat(line.path("ratio_off").asDouble()).isZero();
        }
        assertThat(line.path("sampler_difference").asDouble()).isLessThan(1e-4);
      }
    }
    assertThat(lines.get(1).has("explained_variance")).isEqualTo(algorithm == PolicyAlgorithm.PPO);
    if (passes == 1) { // ppo has too little to go by here; PolicyAcceptanceTest shows it learning
      assertThat(mean(lines.subList(19, 25))).isGreaterThan(1.2 * mean(lines.subList(1, 7)));
    }
    assertThat(Files.readAllLines(temp.resolve("a/samples.jsonl"))).hasSize(4 * 24 / passes);
    assertThat(temp.resolve("a/adapter_model.safetensors")).exists();
    assertThat(Files.exists(temp.resolve("a/value_head.safetensors")))
        .isEqualTo(algorithm == PolicyAlgorithm.PPO);
  }

  private static double mean(List<JsonNode> lines) {
    return lines.stream().mapToDouble(l -> l.path("reward").asDouble()).average().orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({
    "GRPO, lora, 1, 1, 3",
    "GRPO, lora, 2, 2, 5",
    "RLOO, lora, 2, 1, 3",
    "GRPO, full, 1, 2, 3",
    "PPO, lora, 2, 2, 5",
    "PPO, full, 2, 1, 3",
  })
  void a_run_that_was_stopped_ends_as_if_it_had_not_been(
      PolicyAlgorithm algorithm, String weights, int epochs, int mini, int stop)
      throws IOException {
    go(algorithm, weights, epochs, mini, "whole", false, Long.MAX_VALUE);
    go(algorithm, weights, epochs, mini, "cut", false, stop);
    assertThat(temp.resolve("cut/checkpoints/step-" + stop)).exists();
    go(algorithm, weights, epochs, mini, "cut", true, Long.MAX_VALUE);
    String file = weights.equals("full") ? "model.safetensors" : "adapter_model.safetensors";
    assertThat(temp.resolve("cut").resolve(file))
        .hasSameBinaryContentAs(temp.resolve("whole").resolve(file));
    assertThat(figure("cut", "reward")).isEqualTo(figure("whole", "reward"));
    assertThat(figure("cut", "ratio_off")).isEqualTo(figure("whole", "ratio_off"));
  }

  private List<Double> figure(String name, String figure) throws IOException {
    return metrics(name).stream().map(line -> line.path(figure).asDouble()).toList();
  }

  private void go(
      PolicyAlgorithm algorithm,
      String weights,
      int epochs,
      int mini,
      String to,
      boolean resume,
      long stop) {
    Settings all = new Settings();
    all.set("model=" + model).set("data.train=" + prompts).set("output=" + temp.resolve(to));
    all.set("method=" + weights).set("reward.function=" + hasK);
    all.set("data.maxLength=64").set("rollout.maxNewTokens=8").set("rollout.prompts=4");
    all.set("rollout.generations=3").set("train.microBatchSize=2").set("train.maxSteps=8");
    all.set("lora.rank=4").set("train.learningRate=1e-2").set("loss.beta=0.02");
    all.set("loss.epochs=" + epochs).set("loss.miniBatches=" + mini);
    long[] done = {0};
    TrainListener counting =
        new TrainListener() {
          @Override
          public void step(StepMetrics metrics) {
            done[0] = metrics.step();
          }
        };
    PolicyRun.run(
        algorithm, all.bind(PolicyRunSettings.class), resume, () -> done[0] >= stop, counting);
  }

  @Test
  void a_pattern_rewards_what_matches() throws IOException {
    Cli run = run("grpo", "r", "--reward-regex", ".*e.*", "--json");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(metrics("r").get(0).path("reward").asDouble()).isBetween(0.0, 1.0);
  }

  /** Of its files only the split's rows are prompts. */
  @Test
  void a_prepared_set_gives_its_prompts() throws IOException {
    Path rows = TinyModels.rows(temp.resolve("rows.jsonl"), 20);
    Path set = temp.resolve("set");
    List<String> prepare = List.of("data", "prepare", "--model", model.toString(), "--data");
    List<String> words = new ArrayList<>(prepare);
    words.addAll(List.of(rows.toString(), "--output", set.toString()));
    words.addAll(List.of("--set", "split.eval=0.3", "--set", "data.maxLength=128"));
    Cli prepared = Cli.run(words.toArray(String[]::new));
    assertThat(prepared.code()).as(prepared.err()).isZero();
    int train = Files.readAllLines(set.resolve("train.jsonl")).size();
    int eval = Files.readAllLines(set.resolve("eval.jsonl")).size();
    assertThat(eval).isPositive();
    Cli run = runOver(set, "grpo", "a", "--reward", hasK.toString(), "--set", "data.maxLength=128");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err())
        .contains("data: " + train + " prompts; " + eval + " to evaluate on")
        .doesNotContain("refused");
  }

  @Test
  void several_rewards_are_summed_up_by_weight() throws IOException {
    Cli run =
        run(
            "grpo",
            "a",
            "--reward",
            hasK.toString(),
            "--reward-regex",
            "[a-z ]+",
            "--reward-regex",
            "[^a]*",
            "--set",
            "reward.weights=[0.5, 2, -1]");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err())
        .containsPattern("reward: 0.5 times .*HasK.java \\(SHA-256 ")
        .contains("reward: 2.0 times 1 for answers that match [a-z ]+")
        .contains("reward: -1.0 times 1 for answers that match [^a]*");
    for (JsonNode line : metrics("a")) {
      double sum =
          0.5 * line.get("reward/" + hasK).asDouble()
              + 2 * line.get("reward/[a-z ]+").asDouble()
              - line.get("reward/[^a]*").asDouble();
      assertThat(line.get("reward").asDouble()).isCloseTo(sum, within(1e-9));
    }
    Cli few = run("grpo", "b", "--reward-regex", "a", "--set", "reward.weights=[1, 2]");
    assertThat(few.err()).contains("must be as many as there are rewards, 1");
  }

  @Test
  void rewards_that_are_all_the_same_teach_nothing_and_break_nothing() throws IOException {
    Cli run = run("grpo", "same", "--reward-regex", "no answer is like this");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(metrics("same").get(3).path("loss").asDouble()).isZero();
  }

  @Test
  void a_reward_model_scores() throws IOException {
    Path pairs = temp.resolve("pairs.jsonl");
    Files.writeString(
        pairs,
        IntStream.range(0, 8)
            .mapToObj(
                i -> "{\"prompt\":\"p\",\"chosen\":\"a" + i + "\",\"rejected\":\"b" + i + "\"}")
            .collect(Collectors.joining("\n")));
    String rm = temp.resolve("rm").toString();
    Cli reward =
        Cli.run(
            "reward",
            "--model",
            model.toString(),
            "--data",
            pairs.toString(),
            "--output",
            rm,
            "--set",
            "train.maxSteps=2",
            "--set",
            "lora.rank=4");
    assertThat(reward.code()).as(reward.err()).isZero();
    Cli run = run("grpo", "m", "--reward-model", rm);
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(metrics("m").get(0).path("reward").isNumber()).isTrue();
  }

  @Test
  void an_address_scores_and_null_is_for_what_cannot_be() throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext(
        "/",
        exchange -> {
          JsonNode asked = JSON.readTree(exchange.getRequestBody());
          List<String> scores = new ArrayList<>();
          asked
              .path("completions")
              .forEach(
                  c -> {
                    int n = c.path("columns").path("n").asInt();
                    boolean known = n % 2 == 0 && !c.path("prompt").asText().isEmpty();
                    scores.add(
                        known ? String.valueOf(c.path("completion").asText().length()) : "null");
                  });
          byte[] body =
              ("{\"scores\":[" + String.join(",", scores) + "]}").getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try {
      String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
      Cli run = run("grpo", "u", "--reward-url", url);
      assertThat(run.code()).as(run.err()).isZero();
      assertThat(figure("u", "unscored").stream().mapToDouble(d -> d).sum()).isPositive();
    } finally {
      server.stop(0);
    }
    Cli gone = run("grpo", "v", "--reward-url", "http://127.0.0.1:1/");
    assertThat(gone.code()).isEqualTo(Program.FAILED);
    assertThat(gone.err()).contains("cannot be reached").contains("docs/policy.md#rewards");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--set=train.maxSteps=2 | name one of --reward FILE",
        "--reward=nowhere.java | is not a file",
        "--reward-regex=( | is no pattern",
        "--reward-model=nowhere | does not exist",
      })
  void what_cannot_be_meant_is_refused(String option, String message) {
    Cli run = run("grpo", "x", option);
    assertThat(run.code()).isEqualTo(Program.WRONG_USE);
    assertThat(run.err()).contains(message);
    assertThat(temp.resolve("x")).doesNotExist();
  }

  @Test
  void a_source_that_does_not_compile_or_has_no_function_says_so() throws IOException {
    Path broken =
        Files.writeString(temp.resolve("Broken.java"), "public class Broken { int x = ; }");
    Cli run = run("grpo", "x", "--reward", broken.toString());
    assertThat(run.code()).isEqualTo(Program.FAILED);
    assertThat(run.err()).contains("does not compile").contains("Broken.java:1");
    Path other = Files.writeString(temp.resolve("Other.java"), "public class Other { }");
    Cli none = run("grpo", "x", "--reward", other.toString());
    assertThat(none.err()).contains("has no class that implement").contains("RewardFunction");
  }

  @Test
  void rewards_that_are_all_the_same_are_told() {
    Cli run = run("grpo", "a", "--reward-regex", "never", "--set", "train.maxSteps=6");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err())
        .contains("reward: 1 for answers that match never")
        .containsOnlyOnce("warning: for 5 iterations all answers got the same reward");
  }
}
