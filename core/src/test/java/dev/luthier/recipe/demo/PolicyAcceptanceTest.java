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
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Half-learnt Yoda-speak becomes better by reward alone, whatever the seed. */
@Tag("acceptance")
class PolicyAcceptanceTest {
  private static final Path DEMO = Path.of("..", "examples", "demo");
  private static final Path BASE = DEMO.resolve("base");

  @TempDir private Path temp = Path.of("");

  @ParameterizedTest
  @CsvSource({"GRPO, 1", "GRPO, 2", "GRPO, 3", "RLOO, 1"})
  void held_out_rewards_rise_to_four_fifths(PolicyAlgorithm algorithm, long seed) {
    DemoData.writeRewards(temp, DemoData.SEED);
    Settings half = new Settings().file(DEMO.resolve("half-sft.yaml"));
    half.set("model=" + BASE).set("output=" + temp.resolve("half"));
    half.set("data.train=" + temp.resolve("few.jsonl"));
    SftRun.run(half.bind(SftSettings.class), false, () -> false, new TrainListener() {});
    Settings settings = new Settings().file(DEMO.resolve("grpo.yaml"));
    settings.set("model=" + BASE).set("adapter=" + temp.resolve("half"));
    settings.set("output=" + temp.resolve("policy")).set("train.seed=" + seed);
    settings.set("data.train=" + temp.resolve("prompts.jsonl"));
    settings.set("data.eval=" + temp.resolve("heldout.jsonl"));
    settings.set("reward.function=" + DEMO.resolve("YodaReward.java"));
    double[] largest = new double[2];
    TrainListener listener =
        new TrainListener() {
          @Override
          public void step(StepMetrics metrics) {
            largest[0] = Math.max(largest[0], figure(metrics, "sampler_difference"));
            largest[1] = Math.max(largest[1], figure(metrics, "ratio_off"));
          }
        };
    RunResult result =
        PolicyRun.run(
            algorithm, settings.bind(PolicyRunSettings.class), false, () -> false, listener);
    assertThat(reward(result, "eval_before")).isBetween(0.3, 0.55);
    assertThat(reward(result, "eval_after")).isGreaterThanOrEqualTo(0.8);
    assertThat((Double) result.results().get("train_seconds")).isLessThan(600);
    assertThat(largest[0]).isLessThan(1e-4);
    assertThat(largest[1]).isZero();
  }

  private static double figure(TrainListener.StepMetrics metrics, String name) {
    return Objects.requireNonNull(metrics.figures().get(name));
  }

  private static double reward(RunResult result, String when) {
    Map<?, ?> evaluation = (Map<?, ?>) Objects.requireNonNull(result.results().get(when));
    return (Double) Objects.requireNonNull(evaluation.get("reward"));
  }
}
