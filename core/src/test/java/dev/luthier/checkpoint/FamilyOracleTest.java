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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Logits against those that transformers and llama.cpp computed from the same files. */
@Tag("interop")
class FamilyOracleTest {
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);

  /** Folder, runs and tolerance: a right float32 implementation is this close. */
  private static final String[] FAMILIES = {
    "llama_bias_headdim",
    "llama_gqa_tied",
    "llama_rope_llama3",
    "llama_rope_yarn_orig",
    "mistral_sw",
    "mixtral",
    "qwen2_tied",
    "qwen2_sliding_layers",
    "qwen3_tied",
    "phi2",
    "phi3_longrope",
    "gemma",
    "gemma2",
    "gemma3_text",
    "gpt2",
    "gpt_neo",
    "gptj",
    "gpt_neox_parallel",
    "falcon_7b",
    "falcon_40b",
    "opt",
    "bloom"
  };

  static Stream<Arguments> runs() {
    return Stream.of(FAMILIES)
        .flatMap(
            folder -> {
              List<Arguments> out = new ArrayList<>();
              Assets.json("oracle-transformers/" + folder + "/ids.json")
                  .fieldNames()
                  .forEachRemaining(run -> out.add(Arguments.of(folder, run)));
              return out.stream();
            });
  }

  @ParameterizedTest
  @MethodSource("runs")
  void logits_are_those_of_transformers(String folder, String run) {
    String root = "oracle-transformers/" + folder;
    JsonNode in = Assets.json(root + "/ids.json").get(run);
    Transformer model = LOADER.load(Assets.path(root)).transformer();
    compare(
        model,
        in,
        Assets.floats(root + "/" + run + ".f32"),
        folder.equals("gpt_neo") ? 1e-3 : 1e-4);
  }

  @ParameterizedTest
  @CsvSource({
    "peft_lora",
    "peft_lora_all_linear",
    "peft_lora_patterns",
    "peft_rslora",
    "peft_lora_modules_to_save"
  })
  void logits_with_adapters_are_those_of_peft(String folder) {
    String root = "oracle-transformers/" + folder;
    JsonNode ids = Assets.json(root + "/ids.json");
    JsonNode in = ids.has("logits") ? ids.get("logits") : ids;
    Transformer model =
        LOADER
            .load(
                Assets.path("oracle-transformers/peft_base_llama"), Optional.of(Assets.path(root)))
            .transformer();
    compare(model, in, Assets.floats(root + "/logits.f32"), 1e-4);
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
