package dev.luthier.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.data.Batch;
import dev.luthier.format.DType;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.format.PlantedGguf;
import dev.luthier.model.TinyModels;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.WeightSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Families whose GGUF files are read: each gives what its folder gives. */
class GgufFamiliesTest {
  @TempDir private Path temp = Path.of("");

  private static ModelLoader loader(Optional<QuantSettings> quant) {
    return new ModelLoader(ComputeDtype.FLOAT32, Device.CPU, quant);
  }

  private Path folder(String modelType, String more) throws IOException {
    Path folder = Files.createDirectories(temp.resolve(modelType));
    ObjectNode config =
        Json.parse(
            """
            {"model_type":"%s","hidden_size":64,"intermediate_size":96,"num_hidden_layers":6,
             "num_attention_heads":4,"num_key_value_heads":2,"vocab_size":40,
             "max_position_embeddings":64,"initializer_range":0.2,"rope_theta":50000.0}
            """
                .formatted(modelType),
            "the test's configuration");
    config.setAll(Json.parse("{" + more + "}", "the rest of it"));
    try (PointerScope scope = new PointerScope()) {
      LoadedModel model = loader(Optional.empty()).fresh(config, 5);
      TinyModels.shakeVectors(model, 7);
      ModelFiles.write(folder, config, model.transformer().parameters().all(), DType.F32);
    }
    return folder;
  }

  private static float[] logProbs(Path model, Optional<QuantSettings> quant) {
    long[][] ids = {{5, 9, 3, 17, 22, 4, 38, 1, 30, 12}, {7, 7, 2, 30, 11, 19, 6, 25, 8, 0}};
    try (PointerScope scope = new PointerScope()) {
      LoadedModel loaded = loader(quant).load(model);
      return Tensors.toFloats(
          new BlockwiseStep(loaded.transformer(), WeightSource.of(loaded.transformer()))
              .logProbs(Batch.of(ids, ids)));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "llama   | mistral     | '\"rms_norm_eps\":1e-5,\"sliding_window\":3'",
        "llama   | mixtral     | '\"rms_norm_eps\":1e-5,\"num_local_experts\":3,\"num_experts_per_tok\":2'",
        "qwen2   | qwen2       | '\"rms_norm_eps\":1e-6,\"tie_word_embeddings\":true'",
        "qwen3   | qwen3       | '\"rms_norm_eps\":1e-6,\"head_dim\":32'",
        "gemma   | gemma       | '\"rms_norm_eps\":1e-6,\"head_dim\":32,\"tie_word_embeddings\":true'",
        "gemma2  | gemma2      | '\"rms_norm_eps\":1e-6,\"head_dim\":32,\"tie_word_embeddings\":true,\"sliding_window\":3,\"attn_logit_softcapping\":50.0,\"final_logit_softcapping\":30.0,\"query_pre_attn_scalar\":32'",
        "gemma3  | gemma3_text | '\"rms_norm_eps\":1e-6,\"head_dim\":32,\"tie_word_embeddings\":true,\"sliding_window\":3,\"sliding_window_pattern\":6,\"query_pre_attn_scalar\":32'",
        "phi3    | phi3        | '\"rms_norm_eps\":1e-5'",
        "phi2    | phi         | '\"layer_norm_eps\":1e-5,\"partial_rotary_factor\":0.5'"
      })
  void a_file_gives_what_its_folder_gives(String arch, String modelType, String more)
      throws IOException {
    Path folder = folder(modelType, more);
    Path file = GgufOfFolder.of(folder, arch, false).write(temp.resolve("float.gguf"));
    assertThat(HfFolder.config(file).path("model_type").asText()).isEqualTo(modelType);
    float[] expected = logProbs(folder, Optional.empty());
    float[] found = logProbs(file, Optional.empty());
    for (int i = 0; i < expected.length; i++) {
      // Gemma's norms lose a bit by one being added and taken off.
      assertThat(found[i]).isCloseTo(expected[i], within(arch.startsWith("gemma") ? 1e-5f : 0f));
    }
    Path packed = GgufOfFolder.of(folder, arch, true).write(temp.resolve("packed.gguf"));
    float[] dequantized = logProbs(packed, Optional.empty());
    assertThat(logProbs(packed, Optional.of(QuantSettings.stored()))).isEqualTo(dequantized);
    assertThat(dequantized).isNotEqualTo(found);
  }

  /** Phi-2's first files, of Microsoft's own layout, have q, k and v in one matrix. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void joined_matrices_of_phi_2_are_taken_apart(boolean packed) throws IOException {
    Path folder =
        folder(
            "phi",
            "\"num_key_value_heads\":4,\"layer_norm_eps\":1e-5,\"partial_rotary_factor\":0.5");
    PlantedGguf apart = GgufOfFolder.of(folder, "phi2", packed);
    PlantedGguf joined = GgufOfFolder.of(folder, "phi2", packed);
    for (int i = 0; i < 6; i++) {
      for (String part : List.of("weight", "bias")) {
        String block = "blk." + i + ".";
        joined.join(
            block + "attn_qkv." + part,
            block + "attn_q." + part,
            block + "attn_k." + part,
            block + "attn_v." + part);
      }
    }
    Path file = joined.write(temp.resolve("joined.gguf"));
    assertThat(logProbs(file, Optional.empty()))
        .isEqualTo(logProbs(apart.write(temp.resolve("apart.gguf")), Optional.empty()));
    if (packed) {
      assertThat(logProbs(file, Optional.of(QuantSettings.stored())))
          .isEqualTo(logProbs(file, Optional.empty()));
    }
  }

  @Test
  void whatever_a_file_of_them_says_is_read_or_refused() throws IOException {
    Path file = temp.resolve("fuzzed.gguf");
    Random random = new Random(3);
    int refused = 0;
    for (String arch : new String[] {"phi3", "gemma2", "llama"}) {
      String keys = arch.equals("llama") ? ",\"num_local_experts\":2" : "";
      Path folder = folder(arch.equals("llama") ? "mixtral" : arch, "\"rms_norm_eps\":1e-5" + keys);
      byte[] good = GgufOfFolder.of(folder, arch, true).bytes();
      for (int i = 0; i < 100; i++) {
        byte[] bytes = good.clone();
        bytes[random.nextInt(600)] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, bytes);
        try (PointerScope scope = new PointerScope()) {
          loader(Optional.empty()).load(file);
        } catch (LuthierException e) {
          refused++;
        }
      }
    }
    assertThat(refused).isBetween(100, 299);
  }

  @Test
  void phi_3_s_divisors_of_frequencies_are_its_longrope() throws IOException {
    Path folder = folder("phi3", "\"rms_norm_eps\":1e-5");
    float[] lengthened = {1, 1.5f, 2, 4, 8, 16, 32, 64};
    float[] kept = {1, 1, 1, 1.25f, 1, 1.5f, 1, 1};
    PlantedGguf planted =
        GgufOfFolder.of(folder, "phi3", false)
            .integer("phi3.rope.scaling.original_context_length", 16)
            .tensor("rope_factors_long.weight", lengthened, 8)
            .tensor("rope_factors_short.weight", kept, 8);
    Path file = planted.write(temp.resolve("m.gguf"));
    ObjectNode config = HfFolder.config(folder);
    config.put("original_max_position_embeddings", 16);
    config.set(
        "rope_scaling",
        Json.parse(
            "{\"type\":\"longrope\",\"long_factor\":[1,1.5,2,4,8,16,32,64],"
                + "\"short_factor\":[1,1,1,1.25,1,1.5,1,1]}",
            "the test's configuration"));
    float[] plain = logProbs(folder, Optional.empty());
    Json.write(folder.resolve("config.json"), config);
    float[] expected = logProbs(folder, Optional.empty());
    assertThat(logProbs(file, Optional.empty())).isEqualTo(expected).isNotEqualTo(plain);
  }
}
