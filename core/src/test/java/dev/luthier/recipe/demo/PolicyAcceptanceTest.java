package dev.luthier.recipe.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.recipe.PolicyAlgorithm;
import dev.luthier.recipe.PolicyRun;
import dev.luthier.recipe.PolicyRunSettings;
import dev.luthier.recipe.RunResult;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.SftRun;
import dev.luthier.recipe.SftSettings;
import dev.luthier.train.TrainListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Half-learnt Yoda-speak becomes better by reward alone, whatever the seed. */
@Tag("acceptance")
class PolicyAcceptanceTest {
  private static final Path DEMO = Path.of("..", "examples", "demo");
  private static final Path BASE = DEMO.resolve("base");

  @TempDir private static Path shared = Path.of("");
  @TempDir private Path temp = Path.of("");

  @BeforeAll
  static void halfLearn() {
    DemoData.writeRewards(shared, DemoData.SEED);
    Settings half = new Settings().file(DEMO.resolve("half-sft.yaml"));
    half.set("model=" + BASE).set("output=" + shared.resolve("half"));
    half.set("data.train=" + shared.resolve("few.jsonl"));
    SftRun.run(half.bind(SftSettings.class), false, () -> false, new TrainListener() {});
  }

  @ParameterizedTest
  @CsvSource({"GRPO, 1", "GRPO, 2", "GRPO, 3", "PPO, 1", "PPO, 2", "PPO, 3", "RLOO, 1"})
  void held_out_rewards_rise_to_four_fifths(PolicyAlgorithm algorithm, long seed) {
    boolean ppo = algorithm == PolicyAlgorithm.PPO;
    Settings settings = new Settings().file(DEMO.resolve(ppo ? "ppo.yaml" : "grpo.yaml"));
    settings.set("model=" + BASE).set("adapter=" + shared.resolve("half"));
    settings.set("output=" + temp.resolve("policy")).set("train.seed=" + seed);
    settings.set("data.train=" + shared.resolve("prompts.jsonl"));
    settings.set("data.eval=" + shared.resolve("heldout.jsonl"));
    settings.set("reward.function=" + DEMO.resolve("YodaReward.java"));
    PolicyRunSettings bound = settings.bind(PolicyRunSettings.class);
    Watched watched = new Watched();
    RunResult result = PolicyRun.run(algorithm, bound, false, () -> false, watched);
    assertThat(reward(result, "eval_before")).isBetween(0.3, 0.5);
    assertThat(reward(result, "eval_after")).isGreaterThanOrEqualTo(0.8);
    assertThat((Double) result.results().get("train_seconds")).isLessThan(600);
    assertThat(watched.difference).isLessThan(1e-4);
    assertThat(watched.firstRatio).isZero();
    // The weight is moved by so little at a time that the divergence swings about its target.
    assertThat(watched.lastDivergence()).isLessThan(1.2 * bound.loss().betaTarget().orElseThrow());
  }

  /** What is to hold of all steps. */
  private static final class Watched implements TrainListener {
    private final List<Double> divergences = new ArrayList<>();
    private double difference;
    private double firstRatio;
    private double iteration;

    @Override
    public void step(StepMetrics metrics) {
      difference = Math.max(difference, figure(metrics, "sampler_difference"));
      double written = figure(metrics, "sample_seconds");
      if (written != iteration) { // an iteration's first update
        iteration = written;
        firstRatio = Math.max(firstRatio, figure(metrics, "ratio_off"));
        divergences.add(figure(metrics, "kl_answer"));
      }
    }

    /** Over the last quarter of the iterations. */
    double lastDivergence() {
      int n = divergences.size();
      return divergences.subList(n - n / 4, n).stream().mapToDouble(d -> d).average().orElseThrow();
    }
  }

  private static double figure(TrainListener.StepMetrics metrics, String name) {
    return Objects.requireNonNull(metrics.figures().get(name));
  }

  private static double reward(RunResult result, String when) {
    Map<?, ?> evaluation = (Map<?, ?>) Objects.requireNonNull(result.results().get(when));
    return (Double) Objects.requireNonNull(evaluation.get("reward"));
  }
}
