package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.checkpoint.TrainingBase;
import dev.luthier.format.Hashes;
import dev.luthier.quant.QuantSettings;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An adapter that was trained over a quantized base, from {@code sft} to {@code fuse}. */
class QloraCommandsTest {
  private static final String QUANTIZED = "the base is quantized as in the adapter's training";

  @TempDir private static Path folder = Path.of("");
  private static TinyRun run = new TinyRun(Path.of(""), Path.of(""), Path.of(""), List.of());
  private static Path base = Path.of("");
  private static Path adapter = Path.of("");

  @BeforeAll
  static void train() throws IOException {
    run = TinyRun.in(folder, "method=qlora", "quant.blockSize=32", "train.learningRate=1e-2");
    run.finish(new TrainListener() {});
    base = run.model();
    adapter = run.output();
    Files.writeString(
        folder.resolve("ids.json"), "{\"input_ids\": [[5, 9, 30, 71, 22, 104, 38, 1, 250, 17]]}");
  }

  /** The logits of ten tokens. */
  private static float[] logits(Path model, String... more) throws IOException {
    Path file = folder.resolve("logits.f32");
    List<String> words =
        List.of(
            "logits",
            "--model=" + model,
            "--ids=" + folder.resolve("ids.json"),
            "--output=" + file);
    Cli cli = Cli.run(Stream.concat(words.stream(), Stream.of(more)).toArray(String[]::new));
    assertThat(cli.code()).as(cli.err()).isZero();
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    float[] out = new float[bytes.remaining() / 4];
    bytes.asFloatBuffer().get(out);
    return out;
  }

  private static float[] live(String... more) throws IOException {
    List<String> all = new ArrayList<>(List.of(more));
    all.add("--adapter=" + adapter);
    return logits(base, all.toArray(String[]::new));
  }

  private static double farthest(float[] a, float[] b) {
    assertThat(a).hasSameSizeAs(b);
    double farthest = 0;
    for (int i = 0; i < a.length; i++) {
      farthest = Math.max(farthest, Math.abs(a[i] - b[i]));
    }
    return farthest;
  }

  @Test
  void the_result_and_each_checkpoint_say_what_they_were_trained_over() throws IOException {
    TrainingBase record = TrainingBase.read(adapter).orElseThrow();
    assertThat(record.base()).isEqualTo(base.toString());
    assertThat(record.sha256()).isEqualTo(Hashes.folder(base));
    assertThat(record.quant()).contains(new QuantSettings(QuantSettings.Type.NF4, 32, true));
    assertThat(run.checkpoints()).isNotEmpty();
    for (String name : run.checkpoints()) {
      Path checkpoint = adapter.resolve("checkpoints").resolve(name);
      assertThat(TrainingBase.read(checkpoint)).contains(record);
      assertThat(checkpoint.resolve("checksums.json")).content().contains(TrainingBase.FILE);
    }
  }

  @Test
  void it_is_used_over_the_base_quantized_as_in_training() throws IOException {
    Path nf4 = folder.resolve("nf4");
    Cli.run("quantize", "--model=" + base, "--output=" + nf4, "--block-size=32");
    float[] live = live();
    assertThat(logits(nf4, "--adapter=" + adapter)).isEqualTo(live);
    assertThat(farthest(live("--base=original"), live)).isGreaterThan(1e-3);
  }

  @Test
  void every_verb_that_takes_an_adapter_says_how_the_base_is_held() {
    String[] generate = {
      "generate", "--model=" + base, "--adapter=" + adapter, "--prompt=A", "--max-new-tokens=2"
    };
    assertThat(Cli.run(generate).err())
        .containsOnlyOnce(QUANTIZED + " (nf4, blocks of 32, double quantization)");
    String[] original =
        Stream.concat(Stream.of(generate), Stream.of("--base=original")).toArray(String[]::new);
    assertThat(Cli.run(original).err()).doesNotContain(QUANTIZED);
    Cli evaluate =
        Cli.run(
            "evaluate",
            "--model=" + base,
            "--adapter=" + adapter,
            "--data=" + folder.resolve("rows.jsonl"),
            "--batch-size=30");
    assertThat(evaluate.err()).contains(QUANTIZED);
  }
}
