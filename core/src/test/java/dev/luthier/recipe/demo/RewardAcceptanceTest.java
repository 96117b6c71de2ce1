package dev.luthier.recipe.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import dev.luthier.recipe.RewardRun;
import dev.luthier.recipe.RewardSettings;
import dev.luthier.recipe.RunResult;
import dev.luthier.recipe.Settings;
import dev.luthier.train.TrainListener;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo's base learns from Anthropic's HH pairs to order others. */
@Tag("acceptance")
class RewardAcceptanceTest {
  private static final Path BASE = Path.of("..", "examples", "demo", "base");

  @TempDir private Path temp = Path.of("");

  @Test
  void held_out_pairs_are_ordered_better_than_by_chance() throws IOException {
    Path hh = Assets.path("data-hh-rlhf/harmless-base/test.jsonl.gz");
    Assumptions.assumeTrue(Files.exists(hh), "the published pairs are not here");
    List<String> rows = lines(hh);
    Path train = Files.write(temp.resolve("train.jsonl"), rows.subList(0, 1800));
    Path eval = Files.write(temp.resolve("eval.jsonl"), rows.subList(1800, rows.size()));
    Settings settings = new Settings();
    settings.set("model=" + BASE).set("output=" + temp.resolve("reward"));
    settings.set("data.train=" + train).set("data.eval=" + eval).set("data.overflow=drop");
    settings.set("train.epochs=1").set("train.learningRate=1e-3");
    RunResult result =
        RewardRun.run(
            settings.bind(RewardSettings.class), false, () -> false, new TrainListener() {});
    Map<?, ?> after = (Map<?, ?>) Objects.requireNonNull(result.results().get("eval_after"));
    assertThat((Double) after.get("accuracy_low")).isGreaterThan(0.5);
    assertThat((Double) after.get("loss")).isLessThan(Math.log(2));
  }

  private static List<String> lines(Path gzip) throws IOException {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(gzip)), StandardCharsets.UTF_8))) {
      return in.lines().toList();
    }
  }
}
