package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One bit of a checkpoint turns while its run is stopped. */
class DamagedCheckpointTest {
  private static final TrainListener NOBODY = new TrainListener() {};
  @TempDir private Path temp = Path.of("");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "adapter_config.json",
        "adapter_model.safetensors",
        "checksums.json",
        "optimizer.safetensors",
        "state.json"
      })
  void the_run_goes_on_from_the_one_before_to_the_same_bytes(String file) throws IOException {
    TinyRun run = TinyRun.in(temp);
    TinyRun straight = run.to("straight");
    straight.finish(NOBODY);
    run.stopAfter(10);
    assertThat(run.checkpoints()).containsExactly("step-10", "step-9");
    turnOneBit(run.checkpoint(10).resolve(file));

    assertThat(run.messages())
        .anySatisfy(
            message ->
                assertThat(message)
                    .contains(run.checkpoint(10) + " is damaged: ", file)
                    .contains("the run goes on from " + run.checkpoint(9)));

    assertThat(run.checkpoints()).contains("step-10.damaged").doesNotContain("step-10");
    assertThat(run.result()).isEqualTo(straight.result());
    assertThat(run.output().resolve("metrics.jsonl")).satisfies(m -> hasSteps(m, 12));
  }

  @Test
  void with_none_left_the_run_is_refused_and_nothing_is_touched() throws IOException {
    TinyRun run = TinyRun.in(temp).stopAfter(10);
    turnOneBit(run.checkpoint(10).resolve("optimizer.safetensors"));
    Files.delete(run.checkpoint(9).resolve("state.json"));
    assertThatThrownBy(() -> run.finish(NOBODY))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(run.checkpoint(10) + " is damaged: optimizer.safetensors has CRC32C")
        .hasMessageContaining(run.checkpoint(9) + " is damaged: state.json is missing")
        .hasMessageContaining("Put one of them back from a copy, or delete " + run.output());
    assertThat(run.checkpoints()).containsExactly("step-10", "step-9");
  }

  @Test
  void a_best_checkpoint_that_is_lost_is_told_and_the_best_from_then_on_is_the_result()
      throws IOException {
    Path rows = TinyModels.rows(temp.resolve("eval.jsonl"), 8);
    // So much better nothing can get: the first evaluation stays the best.
    TinyRun run = TinyRun.in(temp, "data.eval=" + rows, "eval.everySteps=1", "eval.minDelta=100");
    run.stopAfter(8);
    Path best = run.checkpoint(1);
    assertThat(run.checkpoints()).containsExactly("step-1", "step-6", "step-8");
    turnOneBit(best.resolve("adapter_model.safetensors"));

    assertThat(run.messages())
        .anySatisfy(
            message ->
                assertThat(message)
                    .contains(best + " is damaged: adapter_model.safetensors")
                    .contains("It was the best evaluated one"));
    assertThat(Files.readString(run.output().resolve("run.json")))
        .contains("\"finished\"", "\"best_step\": 9");
  }

  @Test
  void a_best_checkpoint_that_breaks_while_the_run_goes_on_is_not_its_result() throws IOException {
    Path rows = TinyModels.rows(temp.resolve("eval.jsonl"), 8);
    TinyRun run = TinyRun.in(temp, "data.eval=" + rows, "eval.everySteps=1", "eval.minDelta=100");
    TrainListener breaking =
        new TrainListener() {
          @Override
          public void step(StepMetrics metrics) {
            if (metrics.step() == 11) {
              turnOneBit(run.checkpoint(1).resolve("adapter_model.safetensors"));
            }
          }
        };
    assertThatThrownBy(() -> run.finish(breaking))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(run.checkpoint(1) + " is damaged: adapter_model.safetensors has CRC")
        .hasMessageContaining("Repeat the command with --resume to go on without it");
    assertThat(run.output().resolve("adapter_model.safetensors")).doesNotExist();
    assertThat(run.messages()).anyMatch(m -> m.contains("It was the best evaluated one"));
    assertThat(run.result()).isNotEmpty();
  }

  private static void turnOneBit(Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length / 2] ^= 4;
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void hasSteps(Path metrics, int count) {
    try {
      assertThat(Files.readAllLines(metrics)).hasSize(count);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
