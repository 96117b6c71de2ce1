package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.checkpoint.TrainingBase;
import dev.luthier.format.Hashes;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An adapter that was trained over a quantized base, from {@code sft} to {@code fuse}. */
class QloraCommandsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
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
    assertThat(record.quant()).contains(new QuantSettings(QuantSettings.Type.NF4, 32, true, 0));
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

  private static JsonNode fuse(Path model, Path adapter, String output, String... more)
      throws IOException {
    Cli cli = tryFuse(model, adapter, output, more);
    assertThat(cli.code()).as(cli.err()).isZero();
    return JSON.readTree(cli.out());
  }

  private static Cli tryFuse(Path model, Path adapter, String output, String... more) {
    List<String> words =
        List.of(
            "fuse",
            "--json",
            "--model=" + model,
            "--adapter=" + adapter,
            "--output=" + folder.resolve(output));
    return Cli.run(Stream.concat(words.stream(), Stream.of(more)).toArray(String[]::new));
  }

  @Test
  void fused_into_the_dequantized_base_it_is_the_adapter_live() throws IOException {
    JsonNode out = fuse(base, adapter, "fused");
    assertThat(out.get("base").asText()).isEqualTo("dequantized");
    assertThat(out.get("dtype").asText()).isEqualTo("F32");
    assertThat(farthest(logits(folder.resolve("fused")), live())).isLessThan(1e-4);
    assertThat(out.get("kl").asDouble()).isBetween(0.0, 1e-6);
    assertThat(out.get("perplexity_fused").asDouble())
        .isCloseTo(out.get("perplexity_live").asDouble(), within(1e-3));

    JsonNode original = fuse(base, adapter, "original", "--base=original");
    assertThat(original.get("base").asText()).isEqualTo("original");
    float[] fused = logits(folder.resolve("original"));
    assertThat(farthest(fused, live("--base=original"))).isLessThan(1e-4);
    assertThat(farthest(fused, live())).isGreaterThan(1e-3);
    assertThat(original.get("kl").asDouble()).isGreaterThan(1e-5);
    assertThat(original.get("perplexity_live")).isEqualTo(out.get("perplexity_live"));
  }

  @Test
  void the_perplexity_that_it_prints_is_that_of_the_verb() throws IOException {
    Path text = Files.writeString(folder.resolve("text.txt"), "The boy gave the queen a pencil.");
    JsonNode out = fuse(base, adapter, "short", "--text=" + text);
    Cli cli =
        Cli.run(
            "perplexity", "--json", "--model=" + base, "--adapter=" + adapter, "--text=" + text);
    JsonNode verb = JSON.readTree(cli.out());
    assertThat(out.get("tokens")).isEqualTo(verb.get("tokens"));
    assertThat(out.get("perplexity_live").asDouble())
        .isCloseTo(verb.get("perplexity").asDouble(), withinPercentage(0.01));
  }

  @Test
  void a_base_that_is_stored_quantized_is_dequantized() throws IOException {
    Path nf4 = folder.resolve("stored");
    Cli.run("quantize", "--model=" + base, "--output=" + nf4, "--block-size=32");
    fuse(base, adapter, "from-float", "--check=false");
    JsonNode out = fuse(nf4, adapter, "from-nf4", "--any-base");
    assertThat(out.get("base").asText()).isEqualTo("dequantized");
    assertThat(out.get("kl").asDouble()).isBetween(0.0, 1e-6);
    for (String file : List.of("model.safetensors", "config.json")) {
      assertThat(folder.resolve("from-nf4").resolve(file))
          .hasSameBinaryContentAs(folder.resolve("from-float").resolve(file));
    }
    Cli original = tryFuse(nf4, adapter, "none", "--any-base", "--base=original");
    assertThat(original.code()).isEqualTo(2);
    assertThat(original.err()).contains("is quantized itself");
  }

  @Test
  void a_checkpoint_of_the_run_is_fused_like_its_result() throws IOException {
    Path checkpoint = adapter.resolve("checkpoints").resolve(run.checkpoints().get(0));
    JsonNode out = fuse(base, checkpoint, "from-checkpoint");
    assertThat(out.get("base").asText()).isEqualTo("dequantized");
    assertThat(out.get("kl").asDouble()).isBetween(0.0, 1e-6);
  }

  @Test
  void another_base_is_refused_unless_any_will_do() throws IOException {
    Path other = fused("other");
    Cli refused = tryFuse(other, adapter, "refused");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err())
        .contains(other.toString(), Hashes.folder(other), base.toString(), Hashes.folder(base))
        .contains("--any-base", "docs/troubleshooting.md#another-base");
    assertThat(folder.resolve("refused")).doesNotExist();
    assertThat(fuse(other, adapter, "other-fused", "--any-base").get("base").asText())
        .isEqualTo("dequantized");
  }

  private static Path fused(String name) throws IOException {
    fuse(base, adapter, name, "--check=false");
    return folder.resolve(name);
  }

  @Test
  void without_the_check_nothing_is_compared() throws IOException {
    assertThat(fuse(base, adapter, "unchecked", "--check", "false").has("kl")).isFalse();
    Path empty = Files.writeString(folder.resolve("empty.txt"), "");
    Cli refused = tryFuse(base, adapter, "no-text", "--text=" + empty);
    assertThat(refused.err()).contains("give a longer one");
    assertThat(folder.resolve("no-text")).doesNotExist();
  }

  @Test
  void a_strangers_adapter_goes_into_the_base_as_it_is_stored() throws IOException {
    Path model = TinyModel.write(folder.resolve("model"), Optional.empty());
    Path stranger = TinyModel.writeAdapter(model, folder.resolve("stranger"));
    JsonNode out = fuse(model, stranger, "strangers");
    assertThat(out.get("base").asText()).isEqualTo("original");
    assertThat(out.get("kl").asDouble()).isBetween(0.0, 1e-6);
    Cli dequantized = tryFuse(model, stranger, "none", "--base=dequantized");
    assertThat(dequantized.code()).isEqualTo(2);
    assertThat(dequantized.err()).contains("does not say that its base was quantized");
  }

  @Test
  void a_fused_model_that_predicts_otherwise_is_told() throws IOException {
    Path model = TinyModel.write(folder.resolve("coarse"), Optional.empty());
    Path coarse = TinyModel.writeAdapter(model, folder.resolve("coarse-adapter"));
    QuantSettings fp4 = new QuantSettings(QuantSettings.Type.FP4, 4096, false, 0);
    new TrainingBase("b", Hashes.folder(model), ComputeDtype.FLOAT32, Optional.of(fp4))
        .write(coarse);
    Cli told = tryFuse(model, coarse, "told", "--base=original");
    assertThat(told.code()).isZero();
    assertThat(told.err()).contains("warning: the fused model", "--base dequantized");
    assertThat(JSON.readTree(told.out()).get("kl").asDouble()).isGreaterThan(0.01);
    assertThat(tryFuse(model, coarse, "quiet").err()).isEmpty();
  }
}
