package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs in processes of their own that are killed with SIGKILL. */
class KillAndResumeTest {
  private static final int STEPS = 120;
  private static final int KILLS = 5;

  @Test
  void a_run_killed_at_random_moments_ends_in_the_same_bytes(@TempDir Path temp) throws Exception {
    TinyRun killed = TinyRun.in(temp, "train.maxSteps=" + STEPS);
    TinyRun straight = killed.to("straight");
    assertThat(TinyRun.code(straight.start(false))).as(straight.errors()).isZero();

    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    List<Integer> at = new ArrayList<>();
    for (int i = 0; i < KILLS; i++) {
      Process process = killed.start(i > 0);
      int target = killed.steps() + 1 + random.nextInt(STEPS / KILLS);
      while (process.isAlive() && killed.steps() < target) {
        Thread.sleep(1);
      }
      // Not at a step's border: anywhere in a step or in the writing of a checkpoint.
      Thread.sleep(random.nextInt(15));
      process.destroyForcibly().waitFor();
      at.add(killed.steps());
    }
    assertThat(TinyRun.code(killed.start(true))).isZero();
    String how = "killed after steps " + at + ", seed " + seed;
    assertThat(killed.result()).as(how).isEqualTo(straight.result());
    assertThat(killed.output().resolve("adapter_config.json"))
        .as(how)
        .hasSameBinaryContentAs(straight.output().resolve("adapter_config.json"));
    assertThat(killed.steps()).isEqualTo(straight.steps());
    assertThat(hidden(killed)).isEmpty();

    // A finished run stays as it is; another one's settings are refused; the folder is in use.
    byte[] before = Files.readAllBytes(killed.output().resolve("run.json"));
    assertThat(TinyRun.code(killed.start(true))).isZero();
    assertThat(Files.readAllBytes(killed.output().resolve("run.json"))).isEqualTo(before);
    assertThat(TinyRun.code(killed.start(true, "--set", "train.seed=7"))).isEqualTo(2);
    assertThat(killed.errors()).contains("train.seed: was 42, is 7");
    assertThat(TinyRun.code(killed.start(false))).isEqualTo(2);
    assertThat(killed.errors()).contains("already in use");
  }

  @Test
  void a_run_killed_inside_the_writing_of_checkpoints_ends_in_the_same_bytes(@TempDir Path temp)
      throws Exception {
    TinyRun killed = TinyRun.in(temp, "train.maxSteps=40", "checkpoint.everySteps=1");
    TinyRun straight = killed.to("straight");
    assertThat(TinyRun.code(straight.start(false))).as(straight.errors()).isZero();
    int inside = 0;
    for (int kills = 0; inside < 3; kills++) {
      assertThat(kills).as("kills, of which %d came inside a writing", inside).isLessThan(20);
      Process process = killed.start(kills > 0);
      // What an earlier kill left is there until the new process has cleaned up.
      List<String> old = halfWritten(killed);
      while (process.isAlive() && old.containsAll(halfWritten(killed))) {
        Thread.onSpinWait();
      }
      process.destroyForcibly().waitFor();
      inside += old.containsAll(halfWritten(killed)) ? 0 : 1;
    }
    assertThat(TinyRun.code(killed.start(true))).as(killed.errors()).isZero();
    assertThat(killed.result()).isEqualTo(straight.result());
    assertThat(killed.checkpoints()).containsExactlyElementsOf(straight.checkpoints());
    assertThat(hidden(killed)).isEmpty();
  }

  @Test
  void a_run_that_is_interrupted_saves_and_says_how_to_go_on(@TempDir Path temp) throws Exception {
    TinyRun stopped = TinyRun.in(temp, "train.maxSteps=" + STEPS);
    TinyRun straight = stopped.to("straight");
    assertThat(TinyRun.code(straight.start(false))).as(straight.errors()).isZero();
    Process process = stopped.start(false);
    while (process.isAlive() && stopped.steps() < 40) {
      Thread.sleep(1);
    }
    // SIGTERM is handled as Ctrl-C is; SIGINT itself is ignored in children of a background shell.
    process.destroy();
    assertThat(TinyRun.code(process)).isEqualTo(130);
    assertThat(stopped.errors()).contains("--resume");
    assertThat(TinyRun.code(stopped.start(true))).isZero();
    assertThat(stopped.result()).isEqualTo(straight.result());
  }

  /** Checkpoints on their way. */
  private static List<String> halfWritten(TinyRun run) throws IOException {
    return hidden(run).stream().filter(name -> name.startsWith(".step-")).toList();
  }

  /** Files and folders on their way, in the run's folder and all below. */
  private static List<String> hidden(TinyRun run) throws IOException {
    if (!Files.exists(run.output())) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(run.output())) {
      return all.map(p -> p.getFileName().toString()).filter(n -> n.startsWith(".")).toList();
    } catch (UncheckedIOException e) {
      // A folder went away under the walk.
      return List.of();
    }
  }
}
