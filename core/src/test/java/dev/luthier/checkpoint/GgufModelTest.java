package dev.luthier.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.data.Batch;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.DType;
import dev.luthier.format.Gguf;
import dev.luthier.format.GgufType;
import dev.luthier.format.Hashes;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.format.PlantedGguf;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.WeightSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model in a GGUF file is the model that its folder is. */
class GgufModelTest {
  @TempDir private Path temp = Path.of("");
  private Path folder = Path.of("");

  @BeforeEach
  void make() throws IOException {
    folder = temp.resolve("model");
    ObjectNode config =
        Json.parse(
            """
            {"model_type":"llama","hidden_size":32,"intermediate_size":64,"num_hidden_layers":2,
             "num_attention_heads":4,"num_key_value_heads":2,"head_dim":16,"vocab_size":40,
             "max_position_embeddings":64,"attention_bias":true,"initializer_range":0.3,
             "rms_norm_eps":1e-5}
            """,
            "the test's configuration");
    Files.createDirectories(folder);
    ModelFiles.write(
        folder, config, loader().fresh(config, 3).transformer().parameters().all(), DType.F32);
  }

  private static ModelLoader loader() {
    return new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);
  }

  private static ModelLoader keeping(ComputeDtype dtype) {
    return new ModelLoader(dtype, Device.CPU, Optional.of(QuantSettings.stored()));
  }

  private Path gguf(boolean packed) {
    return GgufOfFolder.of(folder, packed).write(temp.resolve("model.gguf"));
  }

  private static float[] logProbs(LoadedModel loaded) {
    long[][] ids = {{5, 9, 3, 17, 22, 4, 38, 1}, {7, 7, 2, 30, 11, 19, 6, 25}};
    try (PointerScope scope = new PointerScope()) {
      return Tensors.toFloats(
          new BlockwiseStep(loaded.transformer(), WeightSource.of(loaded.transformer()))
              .logProbs(Batch.of(ids, ids)));
    }
  }

  @Test
  void float32_is_bit_for_bit_the_folder() {
    Path file = gguf(false);
    float[] expected = logProbs(loader().load(folder));
    assertThat(logProbs(loader().load(file))).isEqualTo(expected);
    ObjectNode config = ModelLoader.config(file);
    assertThat(config.path("rms_norm_eps").asDouble()).isEqualTo(1e-5);
    assertThat(config.path("head_dim").asInt()).isEqualTo(16);
    assertThat(config.path("vocab_size").asInt()).isEqualTo(40);
    assertThat(config.path("attention_bias").asBoolean()).isTrue();
    assertThat(ModelFiles.storedDtype(file)).isEqualTo(DType.F32);
    assertThat(ModelLoader.quantization(file)).isEmpty();
  }

  @Test
  void a_model_in_several_files_is_the_same() throws IOException {
    float[] expected = logProbs(loader().load(folder));
    Path parts = Files.createDirectories(temp.resolve("parts"));
    Path second = GgufOfFolder.of(folder, false).writeSplit(parts, "model", 3).get(1);
    assertThat(logProbs(loader().load(second))).isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource(ComputeDtype.class)
  void matrices_kept_in_few_bits_are_those_that_are_dequantized_on_load(ComputeDtype dtype) {
    Path file = gguf(true);
    float[] expected = logProbs(new ModelLoader(dtype, Device.CPU).load(file));
    LoadedModel kept = keeping(dtype).load(file);
    assertThat(logProbs(kept)).isEqualTo(expected);
    // Embedding, head, norms and biases alone are floats.
    assertThat(kept.transformer().parameters().all().keySet())
        .noneMatch(name -> name.endsWith("proj.weight"))
        .anyMatch(name -> name.endsWith("proj.bias"));
    LoadedModel training = keeping(dtype).lora(file, LoraSettings.defaults(), 1);
    assertThat(logProbs(training)).isEqualTo(expected);
    assertThat(ModelFiles.storedDtype(file)).isEqualTo(DType.BF16);
  }

  @Test
  void matrices_may_stay_on_the_disk() {
    Path file = gguf(true);
    ModelLoader stream = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU, Optional.empty(), true);
    assertThat(logProbs(stream.load(file))).isEqualTo(logProbs(loader().load(file)));
  }

  @Test
  void a_base_of_floats_has_nothing_to_keep() {
    assertThatThrownBy(() -> keeping(ComputeDtype.FLOAT32).load(gguf(false)))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("model.gguf has no matrix in few bits")
        .hasMessageContaining("nf4");
  }

  @Test
  void a_file_is_not_quantized_into_a_folder() {
    FolderQuantizer quantizer =
        new FolderQuantizer(QuantizationConfig.int8(java.util.List.of()), 64);
    assertThatThrownBy(() -> quantizer.run(gguf(false), temp.resolve("out"), (done, all) -> {}))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("model.gguf is a GGUF file")
        .hasMessageContaining("--method qlora");
  }

  @Test
  void few_bits_may_become_other_few_bits() {
    Path file = gguf(true);
    ModelLoader nf4 =
        new ModelLoader(
            ComputeDtype.FLOAT32, Device.CPU, Optional.of(QuantSettings.defaults()), false);
    assertThat(logProbs(nf4.load(file))).isNotEqualTo(logProbs(loader().load(file)));
  }

  @Test
  void an_adapter_fuses_into_what_it_was_trained_over() throws IOException {
    Path file = gguf(true);
    Path adapter = temp.resolve("adapter");
    LoraSettings lora = LoraSettings.defaults();
    LoadedModel model = keeping(ComputeDtype.FLOAT32).lora(file, lora, 1);
    try (PointerScope scope = new PointerScope()) {
      model
          .transformer()
          .adapter()
          .orElseThrow()
          .all()
          .forEach((name, t) -> t.detach().fill_(Tensors.scalar(0.05)));
      Adapters.write(
          Files.createDirectories(adapter),
          new AdapterConfig(lora, file.toString()),
          model.transformer().adapter().orElseThrow().all());
    }
    Path fused = temp.resolve("fused");
    AtomicFile.writeFolder(fused, to -> new FolderFuser(file, adapter, Optional.empty()).write(to));
    LoadedModel live = loader().load(file, Optional.of(adapter));
    float[] expected = logProbs(live);
    assertThat(expected).isNotEqualTo(logProbs(loader().load(file)));
    float[] found = logProbs(loader().load(fused));
    for (int i = 0; i < found.length; i++) {
      // Fused weights are rounded to bfloat16.
      assertThat(found[i]).isCloseTo(expected[i], org.assertj.core.api.Assertions.within(0.1f));
    }
    assertThat(Json.read(fused.resolve("config.json")).path("torch_dtype").asText())
        .isEqualTo("bfloat16");
  }

  @Test
  void the_hash_is_of_all_files() throws IOException {
    String one = Hashes.folder(gguf(false));
    assertThat(one).hasSize(64).isEqualTo(Hashes.folder(gguf(false)));
    assertThat(Hashes.folder(gguf(true))).isNotEqualTo(one);
    Path parts = Files.createDirectories(temp.resolve("parts"));
    String split = Hashes.folder(GgufOfFolder.of(folder, false).writeSplit(parts, "m", 2).get(0));
    assertThat(split).isEqualTo(Hashes.folder(parts.resolve("m-00002-of-00002.gguf")));
  }

  @Test
  void what_is_not_supported_is_refused_by_name() {
    refused(new PlantedGguf().text("general.architecture", "mamba"), "'mamba'", "llama");
    refused(new PlantedGguf(), "general.architecture is ''");
    refused(
        GgufOfFolder.of(folder, false).integer("llama.expert_count", 8),
        "missing: model.layers.0.block_sparse_moe");
    refused(
        GgufOfFolder.of(folder, false).integer("llama.rope.dimension_count", 8),
        "rope.dimension_count is 8 of heads of 16");
    refused(
        GgufOfFolder.of(folder, false).text("llama.rope.scaling.type", "longrope"), "'longrope'");
    refused(
        GgufOfFolder.of(folder, false)
            .tensor("blk.0.attn_v.weight", GgufType.IQ2_S, new byte[32 * 82], 32, 256),
        "blk.0.attn_v.weight",
        "IQ2_S",
        "Q8_0");
    refused(
        GgufOfFolder.of(folder, false).tensor("blk.0.other.weight", new float[2], 2),
        "unexpected: blk.0.other.weight");
    refused(
        GgufOfFolder.of(folder, false).tensor("blk.0.attn_v.weight", new float[2], 2),
        "misshapen: model.layers.0.self_attn.v_proj.weight is [2]");
    refused(
        GgufOfFolder.of(folder, false).tensor("token_embd.weight", new float[40 * 16], 40, 16),
        "misshapen: model.embed_tokens.weight is [40, 16]");
    refused(new PlantedGguf().text("general.architecture", "llama"), "llama.embedding_length");
  }

  private void refused(PlantedGguf planted, String... message) {
    Path file = planted.write(temp.resolve("other.gguf"));
    assertThatThrownBy(() -> loader().load(file))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContainingAll(message);
  }

  /** Factors as llama.cpp's converter writes them for Llama 3.1. */
  private static float[] llama3Factors(int headDim, double theta, double factor) {
    float[] out = new float[headDim / 2];
    for (int i = 0; i < out.length; i++) {
      double wavelength = 2 * Math.PI * Math.pow(theta, 2.0 * i / headDim);
      double smooth = (8192 / wavelength - 1) / 3;
      out[i] =
          (float)
              (wavelength < 8192 / 4.0
                  ? 1
                  : wavelength > 8192 ? factor : 1 / ((1 - smooth) / factor + smooth));
    }
    return out;
  }

  @Test
  void factors_of_llama_3_1_are_its_rope_scaling() {
    PlantedGguf file =
        GgufOfFolder.of(folder, false)
            .number("llama.rope.freq_base", 500000)
            .tensor("rope_freqs.weight", llama3Factors(16, 500000, 32), 8);
    Path path = file.write(temp.resolve("model.gguf"));
    ObjectNode config = HfFolder.config(path);
    assertThat(config.path("rope_scaling").toString())
        .isEqualTo(
            "{\"rope_type\":\"llama3\",\"factor\":32.0,\"low_freq_factor\":1.0,"
                + "\"high_freq_factor\":4.0,\"original_max_position_embeddings\":8192}");
    ObjectNode stored = HfFolder.config(folder);
    stored.put("rope_theta", 500000.0).set("rope_scaling", config.get("rope_scaling"));
    Json.write(folder.resolve("config.json"), stored);
    assertThat(logProbs(loader().load(path))).isEqualTo(logProbs(loader().load(folder)));
    float[] other = llama3Factors(16, 500000, 32);
    other[4] *= 1.1f;
    refused(file.tensor("rope_freqs.weight", other, 8), "frequency 4", "Llama 3.1's rule");
    refused(file.tensor("rope_freqs.weight", other, 4, 2).integer("x", 1), "Llama 3.1's rule");
    refused(file.tensor("rope_freqs.weight", new float[4], 4), "rope_freqs.weight is F32 [4]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"linear", "yarn"})
  void scaled_positions_are_read(String type) {
    PlantedGguf file =
        GgufOfFolder.of(folder, false)
            .text("llama.rope.scaling.type", type)
            .number("llama.rope.scaling.factor", 4)
            .integer("llama.rope.scaling.original_context_length", 16);
    ObjectNode scaling = Json.object().put("rope_type", type).put("factor", 4.0);
    if (type.equals("yarn")) {
      scaling.put("original_max_position_embeddings", 16);
    }
    ObjectNode stored = HfFolder.config(folder);
    stored.set("rope_scaling", scaling);
    Json.write(folder.resolve("config.json"), stored);
    assertThat(logProbs(loader().load(file.write(temp.resolve("model.gguf")))))
        .isEqualTo(logProbs(loader().load(folder)));
  }

  @Test
  void whatever_a_file_holds_loading_it_gives_a_model_or_an_error_that_names_it()
      throws IOException {
    byte[] good = GgufOfFolder.of(folder, true).bytes();
    int head =
        (int)
            Gguf.open(gguf(true)).tensors().values().stream()
                .mapToLong(t -> t.offset())
                .min()
                .orElseThrow();
    Path file = temp.resolve("fuzzed.gguf");
    Random random = new Random(11);
    int refused = 0;
    for (int i = 0; i < 400; i++) {
      byte[] bytes = good.clone();
      bytes[random.nextInt(head)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, bytes);
      try (PointerScope scope = new PointerScope()) {
        loader().load(file);
      } catch (LuthierException e) {
        refused++;
      }
    }
    assertThat(refused).isBetween(100, 395);
  }
}
