package dev.luthier.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.Assets;
import dev.luthier.generate.Inference;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models that llama.cpp wrote, against what it computed from them. */
@Tag("interop")
class GgufModelInteropTest {
  private static final String LOGITS = "oracle-llamacpp/logits/";

  private static LoadedModel load(String file, boolean keep) {
    Optional<QuantSettings> quant = keep ? Optional.of(QuantSettings.stored()) : Optional.empty();
    return new ModelLoader(ComputeDtype.FLOAT32, Device.CPU, quant).load(Assets.path(file));
  }

  private static long[] ids(String file) throws IOException {
    String text = Files.readString(Assets.path(LOGITS + file + ".ids"));
    return Arrays.stream(text.strip().split("\\s+")).mapToLong(Long::parseLong).toArray();
  }

  private static float[] logits(Transformer model, long[] ids) {
    try (PointerScope scope = new PointerScope()) {
      long[] positions = LongStream.range(0, ids.length).toArray();
      long[] documents = new long[ids.length];
      Arrays.fill(documents, 1);
      Pass pass = model.pass(Places.whole(positions, documents, 1, ids.length));
      Tensor tokens = Tensors.longs(ids, Device.CPU, 1, ids.length);
      Tensor hidden = Inference.hidden(model, tokens, pass, List.of());
      return Tensors.toFloats(Inference.logits(model, hidden, pass));
    }
  }

  /** Of every token but the first. */
  private static double perplexity(float[] logits, long[] ids) {
    int vocabulary = logits.length / ids.length;
    double sum = 0;
    for (int i = 0; i + 1 < ids.length; i++) {
      double all = 0;
      for (int v = 0; v < vocabulary; v++) {
        all += Math.exp(logits[i * vocabulary + v]);
      }
      sum += Math.log(all) - logits[i * vocabulary + (int) ids[i + 1]];
    }
    return Math.exp(sum / (ids.length - 1));
  }

  private static double largest(float[] a, float[] b) {
    assertThat(a).hasSameSizeAs(b);
    double out = 0;
    for (int i = 0; i < a.length; i++) {
      out = Math.max(out, Math.abs(a[i] - b[i]));
    }
    return out;
  }

  @ParameterizedTest
  @CsvSource({
    "oracle-llamacpp/gguf/story-F32.gguf, story, story-F32",
    "model-stories260K/stories260Ktok512.gguf, stories260K, stories260K-F32"
  })
  void logits_of_float32_are_llama_cpps(String file, String ids, String expected)
      throws IOException {
    float[] found = logits(load(file, false).transformer(), ids(ids));
    assertThat(largest(found, Assets.floats(LOGITS + expected + ".logits.f32"))).isLessThan(1e-4);
  }

  /** llama.cpp rounds the activations of 16-bit matrices, too. */
  @Test
  void logits_of_float16_are_llama_cpps_but_for_its_rounding() throws IOException {
    float[] found =
        logits(
            load("model-llama2-tiny-random-gguf/llama-2-tiny-random.gguf", false).transformer(),
            ids("llama2-tiny-random"));
    assertThat(largest(found, Assets.floats(LOGITS + "llama2-tiny-random.logits.f32")))
        .isLessThan(1e-3);
  }

  /** Perplexities that llama.cpp, whose activations are in few bits there, computed. */
  @ParameterizedTest
  @CsvSource({
    "story-F16, story, 18.6013, 0.01",
    "story-BF16, story, 18.5942, 0.02",
    "story-Q8_0, story, 18.5908, 0.05",
    "story-Q4_0, story, 20.0764, 0.2",
    "story-Q4_1, story, 19.0808, 0.2",
    "story-Q5_0, story, 19.1135, 0.2",
    "story-Q5_1, story, 18.5302, 0.2",
    "story-IQ4_NL, story, 19.5378, 0.2",
    "s260K-F16, stories260K, 3.6296, 0.001",
    "s260K-Q4_K_M, stories260K, 3.6929, 0.02",
    "s260K-Q6_K, stories260K, 3.6359, 0.01"
  })
  void perplexity_is_llama_cpps_whether_matrices_are_kept_or_not(
      String file, String ids, double expected, double tolerance) throws IOException {
    String path = "oracle-llamacpp/gguf/" + file + ".gguf";
    long[] tokens = ids(ids);
    float[] found = logits(load(path, false).transformer(), tokens);
    assertThat(perplexity(found, tokens)).isCloseTo(expected, within(tolerance));
    if (!file.contains("F16")) {
      assertThat(logits(load(path, true).transformer(), tokens)).isEqualTo(found);
    }
  }

  @Test
  void the_file_and_the_folder_of_one_model_agree_bit_for_bit() throws IOException {
    float[] file =
        logits(load("oracle-llamacpp/gguf/story-F32.gguf", false).transformer(), ids("story"));
    float[] folder = logits(load("model-llama-story-hf", false).transformer(), ids("story"));
    assertThat(file).isEqualTo(folder);
  }
}
