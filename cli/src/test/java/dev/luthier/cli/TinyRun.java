package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.recipe.RunResult;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.SftRun;
import dev.luthier.recipe.SftSettings;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A small LoRA run: 12 steps, a checkpoint every 3, the newest two kept.
 *
 * @param model the base
 * @param data rows
 * @param output the run's folder
 * @param settings besides those
 */
record TinyRun(Path model, Path data, Path output, List<String> settings) {
  /** With a base and rows of its own in this folder. */
  static TinyRun in(Path temp, String... settings) throws IOException {
    return new TinyRun(
        TinyModels.pretrained(temp),
        TinyModels.rows(temp.resolve("rows.jsonl"), 60),
        temp.resolve("run"),
        List.of(settings));
  }

  /** The same run in another folder. */
  TinyRun to(String name) {
    return new TinyRun(model, data, output.resolveSibling(name), settings);
  }

  /** Settings as {@code --set} takes them. */
  List<String> allSettings() {
    List<String> all =
        new ArrayList<>(
            List.of(
                "train.maxSteps=12",
                "train.microBatchSize=2",
                "train.gradientAccumulation=2",
                "data.maxLength=128",
                "lora.rank=4",
                "lora.dropout=0.1",
                "checkpoint.everySteps=3"));
    all.addAll(settings);
    return all;
  }

  /** Runs it in this process, to the end. */
  RunResult finish(TrainListener listener) {
    return run(Files.exists(output), Long.MAX_VALUE, listener);
  }

  /** Runs it from the start until after this step, as if Ctrl-C had come then. */
  TinyRun stopAfter(long step) {
    run(false, step, new TrainListener() {});
    return this;
  }

  private RunResult run(boolean resume, long stop, TrainListener listener) {
    Settings all = new Settings();
    all.set("model=" + model).set("data.train=" + data).set("output=" + output);
    allSettings().forEach(all::set);
    long[] done = {0};
    TrainListener counting =
        new TrainListener() {
          @Override
          public void step(StepMetrics metrics) {
            done[0] = metrics.step();
            listener.step(metrics);
          }

          @Override
          public void message(String text) {
            listener.message(text);
          }
        };
    return SftRun.run(all.bind(SftSettings.class), resume, () -> done[0] >= stop, counting);
  }

  /** Starts it in a process of its own; what it says on stderr goes to {@link #errors}. */
  Process start(boolean resume, String... more) throws IOException {
    return start(List.of(), resume, more);
  }

  /**
   * @param prefix a command that executes the words after it
   */
  Process start(List<String> prefix, boolean resume, String... more) throws IOException {
    List<String> words = new ArrayList<>(prefix);
    words.addAll(command(resume));
    words.addAll(List.of(more));
    return new ProcessBuilder(words)
        .redirectError(errorFile().toFile())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** The command line that runs it. */
  List<String> command(boolean resume) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"));
    words.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    words.add("dev.luthier.cli.Main");
    words.addAll(List.of(arguments(resume)));
    return words;
  }

  /** The program's own part of the command line. */
  String[] arguments(boolean resume) {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("sft", "--model", model.toString(), "--data", data.toString()));
    words.addAll(List.of("--output", output.toString()));
    for (String setting : allSettings()) {
      words.addAll(List.of("--set", setting));
    }
    if (resume) {
      words.add("--resume");
    }
    return words.toArray(String[]::new);
  }

  /** What the last process said on stderr. */
  String errors() throws IOException {
    return Files.readString(errorFile());
  }

  private Path errorFile() {
    return output.resolveSibling("err.txt");
  }

  /** Waits for a process and returns its exit code. */
  static int code(Process process) throws InterruptedException {
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  /** Steps that {@code metrics.jsonl} has. */
  int steps() throws IOException {
    Path metrics = output.resolve("metrics.jsonl");
    if (!Files.exists(metrics)) {
      return 0;
    }
    return (int) Files.readString(metrics).chars().filter(c -> c == '\n').count();
  }

  /** Runs it to the end and returns its messages. */
  List<String> messages() {
    List<String> out = new ArrayList<>();
    finish(
        new TrainListener() {
          @Override
          public void message(String text) {
            out.add(text);
          }
        });
    return out;
  }

  Path checkpoint(long step) {
    return output.resolve("checkpoints/step-" + step);
  }

  /** The adapter's bytes. */
  byte[] result() throws IOException {
    return Files.readAllBytes(output.resolve("adapter_model.safetensors"));
  }

  /** The names in the checkpoints' folder. */
  List<String> checkpoints() throws IOException {
    try (Stream<Path> all = Files.list(output.resolve("checkpoints"))) {
      return all.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }
}
