package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs in processes of their own that are killed with SIGKILL wherever they happen to be. */
class KillAndResumeTest {
  private static final int STEPS = 120;
  private static final int KILLS = 5;

  @Test
  void a_run_killed_at_random_moments_ends_in_the_same_bytes(@TempDir Path temp) throws Exception {
    Path base = TinyModels.pretrained(temp);
    Path data = TinyModels.rows(temp.resolve("rows.jsonl"), 60);
    Path straight = temp.resolve("straight");
    assertThat(finish(sft(base, data, straight, false)))
        .as(Files.readString(temp.resolve("err.txt")))
        .isZero();

    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    Path killed = temp.resolve("killed");
    List<Integer> at = new ArrayList<>();
    for (int i = 0; i < KILLS; i++) {
      Process process = sft(base, data, killed, i > 0);
      int target = lines(killed) + 1 + random.nextInt(STEPS / KILLS);
      while (process.isAlive() && lines(killed) < target) {
        Thread.sleep(1);
      }
      // Not at a step's border: anywhere in a step or in the writing of a checkpoint.
      Thread.sleep(random.nextInt(15));
      process.destroyForcibly().waitFor();
      at.add(lines(killed));
    }
    assertThat(finish(sft(base, data, killed, true))).isZero();
    for (String file : List.of("adapter_model.safetensors", "adapter_config.json")) {
      assertThat(Files.readAllBytes(killed.resolve(file)))
          .as("%s, killed after steps %s, seed %d", file, at, seed)
          .isEqualTo(Files.readAllBytes(straight.resolve(file)));
    }
    assertThat(lines(killed)).isEqualTo(lines(straight));
    try (Stream<Path> left = Files.walk(killed)) {
      assertThat(left.map(p -> p.getFileName().toString()).filter(n -> n.startsWith(".")))
          .isEmpty();
    }

    // A finished run stays as it is; another one's settings are refused; the folder is in use.
    byte[] before = Files.readAllBytes(killed.resolve("run.json"));
    assertThat(finish(sft(base, data, killed, true))).isZero();
    assertThat(Files.readAllBytes(killed.resolve("run.json"))).isEqualTo(before);
    assertThat(finish(sft(base, data, killed, true, "--set", "train.seed=7"))).isEqualTo(2);
    assertThat(Files.readString(temp.resolve("err.txt"))).contains("train.seed: was 42, is 7");
    assertThat(finish(sft(base, data, killed, false))).isEqualTo(2);
    assertThat(Files.readString(temp.resolve("err.txt"))).contains("already in use");
  }

  @Test
  void a_run_that_is_interrupted_saves_and_says_how_to_go_on(@TempDir Path temp) throws Exception {
    Path base = TinyModels.pretrained(temp);
    Path data = TinyModels.rows(temp.resolve("rows.jsonl"), 60);
    Path straight = temp.resolve("straight");
    assertThat(finish(sft(base, data, straight, false)))
        .as(Files.readString(temp.resolve("err.txt")))
        .isZero();
    Path stopped = temp.resolve("stopped");
    Process process = sft(base, data, stopped, false);
    while (process.isAlive() && lines(stopped) < 40) {
      Thread.sleep(1);
    }
    // SIGTERM is handled as Ctrl-C is; SIGINT itself is ignored in children of a background shell.
    process.destroy();
    assertThat(finish(process)).isEqualTo(130);
    assertThat(Files.readString(temp.resolve("err.txt"))).contains("--resume");
    assertThat(finish(sft(base, data, stopped, true))).isZero();
    assertThat(Files.readAllBytes(stopped.resolve("adapter_model.safetensors")))
        .isEqualTo(Files.readAllBytes(straight.resolve("adapter_model.safetensors")));
  }

  private static Process sft(Path base, Path data, Path output, boolean resume, String... more)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"));
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add("dev.luthier.cli.Main");
    command.addAll(
        List.of("sft", "--model", base.toString(), "--data", data.toString(), "--output"));
    command.add(output.toString());
    for (String setting :
        List.of(
            "train.maxSteps=" + STEPS,
            "train.microBatchSize=2",
            "train.gradientAccumulation=2",
            "data.maxLength=128",
            "lora.rank=4",
            "lora.dropout=0.1",
            "checkpoint.everySteps=3")) {
      command.add("--set");
      command.add(setting);
    }
    if (resume) {
      command.add("--resume");
    }
    command.addAll(List.of(more));
    File err = output.resolveSibling("err.txt").toFile();
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(err);
    return builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static int finish(Process process) throws InterruptedException {
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  private static int lines(Path output) throws IOException {
    Path metrics = output.resolve("metrics.jsonl");
    if (!Files.exists(metrics)) {
      return 0;
    }
    return (int) Files.readString(metrics).chars().filter(c -> c == '\n').count();
  }
}
