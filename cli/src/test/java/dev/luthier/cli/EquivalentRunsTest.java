package dev.luthier.cli;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.UsageException;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.TensorInfo;
import dev.luthier.train.TrainListener;
import dev.luthier.train.Trainer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole runs of {@code sft} that go another way to the same result. */
class EquivalentRunsTest {
  /** Every block is computed again, a micro-batch there and back before the next. */
  private static final String PLAIN = "memory.keptBlocks=0 memory.order=by-batch ";

  /** Adapters wide enough for 8 bits (4,096 weights) and for pages (100,000). */
  private static final String WIDE = "lora.layers=1 lora.rankPattern.down_proj=2048 ";

  @TempDir private static Path folder = Path.of("");
  private static TinyRun tiny = new TinyRun(Path.of(""), Path.of(""), Path.of(""), List.of());

  @BeforeAll
  static void base() throws IOException {
    tiny = TinyRun.in(folder);
  }

  /** Settings stand apart by blanks. */
  private static TinyRun run(String name, String settings) {
    List<String> all =
        new ArrayList<>(
            List.of("train.learningRate=1e-2", "train.maxSteps=5", "checkpoint.everySteps=2"));
    all.addAll(List.of(settings.strip().split(" +")));
    return new TinyRun(tiny.model(), tiny.data(), folder.resolve(name), all);
  }

  private static TinyRun finished(String name, String settings) {
    TinyRun run = run(name, settings);
    if (!Files.exists(run.output())) {
      run.finish(new TrainListener() {});
    }
    return run;
  }

  private static JsonNode memory(TinyRun run) throws IOException {
    return new ObjectMapper().readTree(run.output().resolve("run.json").toFile()).get("memory");
  }

  /** These figures of every step. */
  private static List<String> curve(TinyRun run, String... figures) throws IOException {
    List<String> out = new ArrayList<>();
    for (String line : Files.readAllLines(run.output().resolve("metrics.jsonl"))) {
      JsonNode step = new ObjectMapper().readTree(line);
      out.add(Stream.of(figures).map(f -> step.get(f).asText()).collect(joining(" ")));
    }
    return out;
  }

  /** The trained weights' bytes, by the name of their file. */
  private static Map<String, byte[]> weights(Path folder) throws IOException {
    Map<String, byte[]> out = new LinkedHashMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(p -> p.toString().endsWith(".safetensors")).sorted().toList()) {
        out.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    assertThat(out).isNotEmpty();
    return out;
  }

  private static void sameBytes(Path actual, Path expected) throws IOException {
    Map<String, byte[]> as = weights(expected);
    Map<String, byte[]> is = weights(actual);
    assertThat(is.keySet()).isEqualTo(as.keySet());
    is.forEach((file, bytes) -> assertThat(bytes).as(file).isEqualTo(as.get(file)));
  }

  @ParameterizedTest(name = "{0}: {1} is as {2}")
  @CsvSource({
    "method=lora, memory.keptBlocks=1, kept_blocks, 1",
    "method=lora, memory.keptBlocks=2, kept_blocks, 2",
    "method=lora, memory.order=by-block, by_block, true",
    "method=lora, memory.savedInputs=disk, spilled, true",
    "method=lora, weights=stream, streamed, true",
    "method=lora, weights=stream memory.savedInputs=disk memory.order=by-block, streamed, true",
    "train.dtype=bfloat16, weights=stream memory.keptBlocks=1, streamed, true",
    "train.dtype=bfloat16, memory.savedInputs=disk memory.order=by-block, spilled, true",
    "method=qlora, memory.keptBlocks=2 memory.order=by-block, kept_blocks, 2",
    "method=qlora, memory.savedInputs=disk memory.keptBlocks=1, spilled, true",
    "method=full, memory.keptBlocks=2, kept_blocks, 2",
    "method=full, memory.savedInputs=disk, spilled, true"
  })
  void memory_shared_out_otherwise_makes_the_same_run(
      String what, String way, String field, String value) throws IOException {
    TinyRun plain = finished("plain " + what, PLAIN + what);
    TinyRun other = finished(what + " " + way, PLAIN + what + " " + way);
    assertThat(memory(other).get(field).asText()).isEqualTo(value);
    assertThat(memory(plain).get(field).asText()).isNotEqualTo(value);
    assertThat(curve(other, "loss", "grad_norm"))
        .isEqualTo(curve(plain, "loss", "grad_norm"))
        .hasSize(5);
    sameBytes(other.output(), plain.output());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "method=qlora memory.order=by-block",
        "weights=stream",
        "memory.keptBlocks=2",
        "memory.savedInputs=disk memory.order=by-block",
        "method=full train.updateInBackward=true train.clip=two-pass memory.order=auto",
        WIDE + "train.optimizer=adamw",
        WIDE + "train.optimizer=adamw_8bit",
        WIDE + "train.optimizer=paged_adamw",
        WIDE + "train.optimizer=paged_adamw_8bit",
        WIDE + "train.optimizer=sgd",
        WIDE + "train.optimizer=adafactor",
        WIDE + "train.optimizer=lion"
      })
  void a_run_that_is_stopped_and_resumed_ends_in_the_same_bytes(String what) throws IOException {
    TinyRun straight = finished("straight " + what, PLAIN + what);
    TinyRun stopped = run("stopped " + what, PLAIN + what).stopAfter(3);
    assertThat(stopped.checkpoints()).contains("step-3");
    assertThat(stopped.finish(new TrainListener() {}).end()).isEqualTo(Trainer.End.FINISHED);
    assertThat(curve(stopped, "loss")).isEqualTo(curve(straight, "loss"));
    sameBytes(stopped.output(), straight.output());
    // with the optimizer's state
    assertThat(weights(straight.checkpoint(4))).containsKey("optimizer.safetensors");
    sameBytes(stopped.checkpoint(4), straight.checkpoint(4));
  }

  @ParameterizedTest
  @ValueSource(strings = {"adamw", "adamw_8bit"})
  void paged_state_makes_the_same_run(String optimizer) throws IOException {
    String resident = WIDE + "train.optimizer=" + optimizer;
    String paged = WIDE + "train.optimizer=paged_" + optimizer;
    sameBytes(
        finished("straight " + paged, PLAIN + paged).output(),
        finished("straight " + resident, PLAIN + resident).output());
  }

  @Test
  void a_run_goes_on_with_memory_shared_out_otherwise() throws IOException {
    TinyRun straight = finished("plain method=lora", PLAIN + "method=lora");
    run("changed", PLAIN).stopAfter(3);
    String order = "memory.order=by-batch ";
    TinyRun changed =
        run("changed", order + "weights=stream memory.savedInputs=disk memory.budget=8GB");
    changed.finish(new TrainListener() {});
    assertThat(memory(changed).get("streamed").asBoolean()).isTrue();
    sameBytes(changed.output(), straight.output());
  }

  @Test
  void a_run_goes_on_only_in_the_order_in_which_it_sums_up() {
    run("ordered", "method=full").stopAfter(1);
    TinyRun other = run("ordered", "method=full memory.order=by-block");
    assertThatThrownBy(() -> other.finish(new TrainListener() {}))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("memory.order: was auto, is by-block");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"method=qlora", "weights=stream memory.order=by-block", "memory.keptBlocks=2"})
  void micro_batches_and_accumulation_give_the_same_weights(String what) throws IOException {
    TinyRun whole = cut(what, 8, 1);
    for (TinyRun parts : List.of(cut(what, 4, 2), cut(what, 1, 8))) {
      near(parts, whole);
    }
  }

  private static TinyRun cut(String what, int micro, int accumulation) {
    String cut =
        " lora.dropout=0 train.microBatchSize=%d train.gradientAccumulation=%d"
            .formatted(micro, accumulation);
    return finished(what + cut, PLAIN + what + cut);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"method=qlora", "weights=stream memory.order=by-block", "memory.keptBlocks=2"})
  void packed_rows_give_the_weights_of_unpacked_ones(String what) throws IOException {
    // Every step has all 24 rows, which are 9 sequences once they are packed.
    String all = " lora.dropout=0 data.maxLength=256 data.train=" + folder.resolve("24.jsonl");
    TinyModels.rows(folder.resolve("24.jsonl"), 24);
    TinyRun packed =
        finished(
            "packed " + what,
            PLAIN + what + all + " train.microBatchSize=3 train.gradientAccumulation=3");
    TinyRun apart =
        finished(
            "apart " + what,
            PLAIN
                + what
                + all
                + " train.microBatchSize=8 train.gradientAccumulation=3 data.packing=false");
    assertThat(curve(packed, "tokens")).isEqualTo(curve(apart, "tokens"));
    near(packed, apart);
  }

  /** Where sums run in another order, weights differ in their last bits. */
  private static void near(TinyRun actual, TinyRun expected) throws IOException {
    Map<String, float[]> is = tensors(actual);
    Map<String, float[]> as = tensors(expected);
    assertThat(is.keySet()).isEqualTo(as.keySet()).hasSize(28);
    as.forEach(
        (name, right) -> {
          float[] left = Objects.requireNonNull(is.get(name));
          double sum = 0;
          double norm = 0;
          for (int i = 0; i < right.length; i++) {
            sum += Math.pow(right[i] - left[i], 2);
            norm += Math.pow(right[i], 2);
          }
          assertThat(Math.sqrt(sum / norm)).as(name).isLessThan(1e-4);
        });
  }

  private static Map<String, float[]> tensors(TinyRun run) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(run.result()).order(ByteOrder.LITTLE_ENDIAN);
    Map<String, float[]> out = new LinkedHashMap<>();
    for (TensorInfo t :
        SafetensorsFile.open(run.output().resolve("adapter_model.safetensors"))
            .tensors()
            .values()) {
      float[] values = new float[(int) t.elements()];
      bytes
          .slice((int) t.offset(), (int) t.length())
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(values);
      out.put(t.name(), values);
    }
    return out;
  }
}
