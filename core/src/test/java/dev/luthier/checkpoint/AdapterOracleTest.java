package dev.luthier.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.Assets;
import dev.luthier.generate.Inference;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Logits with adapters against those that PEFT computed from the same files. */
@Tag("interop")
class AdapterOracleTest {
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);

  @ParameterizedTest
  @CsvSource({
    "peft_lora",
    "peft_lora_all_linear",
    "peft_lora_patterns",
    "peft_rslora",
    "peft_lora_modules_to_save",
    "peft_lora_gpt2_conv1d",
  })
  void logits_with_adapters_are_those_of_peft(String folder) {
    String root = "oracle-transformers/" + folder;
    JsonNode ids = Assets.json(root + "/ids.json");
    JsonNode in = ids.has("logits") ? ids.get("logits") : ids;
    Path adapter = Assets.path(root);
    Path base = Assets.path("oracle-transformers/" + AdapterConfig.read(adapter).baseModel());
    compare(
        LOADER.load(base, Optional.of(adapter)).transformer(),
        in,
        Assets.floats(root + "/logits.f32"),
        1e-4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"peft_lora", "peft_lora_gpt2_conv1d"})
  void logits_of_fused_models_are_those_of_peft(String folder, @TempDir Path temp) {
    String root = "oracle-transformers/" + folder;
    JsonNode ids = Assets.json(root + "/ids.json");
    Path adapter = Assets.path(root);
    Path base = Assets.path("oracle-transformers/" + AdapterConfig.read(adapter).baseModel());
    new FolderFuser(base, adapter, Optional.empty()).write(temp);
    compare(
        LOADER.load(temp).transformer(),
        ids.has("logits") ? ids.get("logits") : ids,
        Assets.floats(root + "/logits_merged.f32"),
        1e-4);
  }

  @ParameterizedTest
  @CsvSource({"adapter-gpt2-kto-hh, true, 16", "adapter-opt125m-lora, false, 32"})
  void published_configurations_of_adapters_are_read(String folder, boolean turned, double alpha) {
    AdapterConfig config = AdapterConfig.read(Assets.path(folder));
    assertThat(config.fanInFanOut()).isEqualTo(turned);
    assertThat(config.lora().alpha()).isEqualTo(alpha);
    assertThat(config.toJson().path("fan_in_fan_out").asBoolean()).isEqualTo(turned);
  }

  private static void compare(Transformer model, JsonNode in, float[] expected, double tolerance) {
    long[][] tokens = Assets.matrix(in.get("input_ids"));
    int rows = tokens.length;
    int length = tokens[0].length;
    long[] mask =
        in.has("attention_mask")
            ? flat(Assets.matrix(in.get("attention_mask")))
            : ones(rows * length);
    long[] positions = new long[rows * length];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = i % length;
    }
    if (in.has("position_ids")) {
      long[] given = flat(Assets.matrix(in.get("position_ids")));
      for (int i = 0; i < positions.length; i++) {
        positions[i] = given[i % given.length];
      }
    }
    float[] actual = logits(model, flat(tokens), positions, mask, rows, length);
    int vocabulary = model.shape().vocabulary();
    double worst = 0;
    for (int i = 0; i < mask.length; i++) {
      for (int v = 0; mask[i] == 1 && v < vocabulary; v++) {
        worst =
            Math.max(worst, Math.abs(actual[i * vocabulary + v] - expected[i * vocabulary + v]));
      }
    }
    assertThat(expected).hasSameSizeAs(actual);
    assertThat(worst).isLessThan(tolerance);
  }

  private static float[] logits(
      Transformer model, long[] tokens, long[] positions, long[] documents, int rows, int length) {
    try (PointerScope scope = new PointerScope()) {
      Pass pass = model.pass(Places.whole(positions, documents, rows, length));
      Tensor ids = Tensors.longs(tokens, Device.CPU, rows, length);
      Tensor hidden = Inference.hidden(model, ids, pass, List.of());
      return Tensors.toFloats(Inference.logits(model, hidden, pass));
    }
  }

  private static long[] flat(long[][] m) {
    return Arrays.stream(m).flatMapToLong(Arrays::stream).toArray();
  }

  private static long[] ones(int n) {
    long[] out = new long[n];
    Arrays.fill(out, 1);
    return out;
  }
}
