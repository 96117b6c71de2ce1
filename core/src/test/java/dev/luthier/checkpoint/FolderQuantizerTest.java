package dev.luthier.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.Assets;
import dev.luthier.LuthierException;
import dev.luthier.format.DType;
import dev.luthier.format.Json;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.SafetensorsIndex;
import dev.luthier.model.TinyConfigs;
import dev.luthier.model.TinyModels;
import dev.luthier.quant.FourBitMatrix;
import dev.luthier.quant.FourBitType;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderQuantizerTest {
  private static final String UP = "model.layers.0.mlp.up_proj";
  private static final FolderQuantizer NF4 =
      new FolderQuantizer(QuantizationConfig.fourBit(FourBitType.NF4, true, List.of()), 64);

  @TempDir private Path temp = Path.of("");

  private static Tensor normal(long... shape) {
    Random random = new Random(shape[0]);
    float[] x = new float[(int) (shape[0] * (shape.length > 1 ? shape[1] : 1))];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return Tensors.floats(x, Device.CPU, shape).to(ScalarType.BFloat16);
  }

  private Path model(Map<String, Tensor> more) throws IOException {
    Path folder = Files.createDirectories(temp.resolve("model"));
    Map<String, Tensor> tensors = new TreeMap<>(more);
    tensors.put("model.embed_tokens.weight", normal(100, 32));
    tensors.put("model.norm.weight", normal(32));
    tensors.put("lm_head.weight", normal(100, 32));
    tensors.put("model.layers.0.input_layernorm.weight", normal(32));
    tensors.put("model.layers.0.post_attention_layernorm.weight", normal(32));
    for (String matrix : List.of("q_proj", "k_proj", "v_proj", "o_proj")) {
      tensors.put("model.layers.0.self_attn." + matrix + ".weight", normal(32, 32));
    }
    tensors.put("model.layers.0.mlp.gate_proj.weight", normal(48, 32));
    tensors.put("model.layers.0.mlp.down_proj.weight", normal(32, 48));
    for (String matrix : List.of("gate_proj", "up_proj", "down_proj")) {
      tensors.put(
          "model.layers.0.mlp." + matrix + ".bias", normal(matrix.equals("down_proj") ? 32 : 48));
    }
    tensors.putIfAbsent(UP + ".weight", normal(48, 32));
    TensorFiles.write(
        folder.resolve("model.safetensors"), tensors, Map.of("tied", "lm_head.weight"));
    Json.write(
        folder.resolve("config.json"),
        Json.parse(
            """
            {"model_type": "llama", "hidden_size": 32, "intermediate_size": 48, "vocab_size": 100,
             "num_hidden_layers": 1, "num_attention_heads": 4, "mlp_bias": true,
             "torch_dtype": "bfloat16"}
            """,
            "test"));
    Files.writeString(folder.resolve("tokenizer.json"), "{}");
    return folder;
  }

  private static FileSource source(Path folder) {
    return new FileSource(folder.toString(), SafetensorsIndex.open(folder), n -> n);
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void matrices_of_blocks_are_quantized_and_all_else_is_kept() throws IOException {
    try (PointerScope scope = new PointerScope()) {
      Path model = model(Map.of());
      Path output = temp.resolve("out");
      List<String> progress = new ArrayList<>();
      FolderQuantizer.Result result =
          NF4.run(model, output, (done, total) -> progress.add(done + "/" + total));
      assertThat(progress).hasSize(15).endsWith("15/15");
      assertThat(names(output))
          .containsExactly("README.md", "config.json", "model.safetensors", "tokenizer.json");
      assertThat(names(temp)).containsExactly("model", "out");

      FileSource before = source(model);
      FileSource after = source(output);
      for (String name : List.of("model.embed_tokens.weight", "lm_head.weight", UP + ".bias")) {
        assertThat(after.read(name).equal(before.read(name))).isTrue();
      }
      FourBitMatrix expected =
          FourBitMatrix.quantize("w", before.read(UP + ".weight"), FourBitType.NF4, 64, true);
      FourBitMatrix found = (FourBitMatrix) QuantizedTensors.read(after, UP + ".weight");
      assertThat(found.packed().equal(expected.packed().view(-1))).isTrue();
      assertThat(QuantizedTensors.has(after, "model.layers.0.mlp.down_proj.weight")).isTrue();
      assertThat(QuantizationConfig.of(Json.read(output.resolve("config.json")), "config.json"))
          .contains(NF4.config());
      assertThat(SafetensorsFile.open(output.resolve("model.safetensors")).metadata())
          .containsEntry("tied", "lm_head.weight")
          .containsEntry("format", "pt");

      assertThat(result.quantized()).isEqualTo(7);
      assertThat(result.kept()).isEqualTo(8);
      long weights = 4 * 32 * 32 + 3 * 32 * 48;
      assertThat(result.weights()).isEqualTo(weights);
      long kept = 2 * (100 * 32 * 2 + 32 * 3 + 48 * 2 + 32);
      assertThat(result.bytesBefore()).isEqualTo(kept + 2 * weights);
      assertThat(result.bytesAfter()).isEqualTo(kept + result.quantizedBytes());
    }
  }

  @Test
  void what_is_skipped_keeps_its_dtype_and_int8_has_its_scales() throws IOException {
    try (PointerScope scope = new PointerScope()) {
      Path output = temp.resolve("out");
      QuantizationConfig config = QuantizationConfig.int8(List.of("lm_head", "down_proj"));
      new FolderQuantizer(config, 64).run(model(Map.of()), output, (done, total) -> {});
      FileSource after = source(output);
      assertThat(after.info("model.layers.0.mlp.down_proj.weight").orElseThrow().dtype())
          .isEqualTo(DType.BF16);
      assertThat(after.info(UP + ".weight").orElseThrow().dtype()).isEqualTo(DType.I8);
      assertThat(after.info(UP + ".SCB").orElseThrow().shape()).containsExactly(48L);
    }
  }

  @Test
  void matrices_of_gpt2_are_turned_first_as_bitsandbytes_turns_them() {
    try (PointerScope scope = new PointerScope()) {
      ObjectNode config =
          TinyConfigs.of("model_type: gpt2, vocab_size: 40, n_embd: 24, n_layer: 1, n_head: 3");
      Path model = TinyModels.write(config, temp.resolve("gpt2"));
      Path output = temp.resolve("out");
      NF4.run(model, output, (done, total) -> {});
      String name = "transformer.h.0.mlp.c_fc.weight";
      Tensor turned = source(model).read(name).t().contiguous(); // (96, 24)
      FourBitMatrix expected = FourBitMatrix.quantize("w", turned, FourBitType.NF4, 64, true);
      FourBitMatrix found = (FourBitMatrix) QuantizedTensors.read(source(output), name);
      assertThat(found.packed().equal(expected.packed().view(-1))).isTrue();
      assertThat(QuantizedTensors.shape(source(output), name)).containsExactly(96, 24);
    }
  }

  @Test
  void a_value_that_is_not_finite_is_named_and_nothing_is_left_behind() throws IOException {
    try (PointerScope scope = new PointerScope()) {
      Tensor bad = normal(48, 32);
      bad.narrow(0, 40, 1).fill_(Tensors.scalar(Double.NaN));
      Path model = model(Map.of(UP + ".weight", bad));
      assertThatThrownBy(() -> NF4.run(model, temp.resolve("out"), (done, total) -> {}))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("model.safetensors: tensor " + UP + ".weight");
      assertThat(names(temp)).containsExactly("model");
    }
  }

  @Test
  void a_folder_in_use_and_a_quantized_model_are_refused() throws IOException {
    try (PointerScope scope = new PointerScope()) {
      Path model = model(Map.of());
      assertThatThrownBy(() -> NF4.run(model, temp, (done, total) -> {}))
          .hasMessageContaining("is there already");
      Path output = temp.resolve("out");
      NF4.run(model, output, (done, total) -> {});
      assertThatThrownBy(() -> NF4.run(output, temp.resolve("twice"), (done, total) -> {}))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("is quantized already");
    }
  }

  @Test
  void a_model_without_anything_to_quantize_is_refused() throws IOException {
    try (PointerScope scope = new PointerScope()) {
      QuantizationConfig config = QuantizationConfig.int8(List.of("layers"));
      Path model = model(Map.of());
      assertThatThrownBy(
              () -> new FolderQuantizer(config, 64).run(model, temp.resolve("out"), (d, t) -> {}))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("--skip");
    }
  }

  @Tag("interop")
  @Test
  void a_published_model_becomes_what_bitsandbytes_made_of_it() throws IOException {
    try (PointerScope scope = new PointerScope()) {
      Path output = temp.resolve("out");
      NF4.run(Assets.path("model-llama-story-hf"), output, (done, total) -> {});
      FileSource after = source(output);
      String gate = "model.layers.0.mlp.gate_proj.weight";
      for (Map.Entry<String, String> stored :
          Map.of(
                  "",
                  "nf4.packed.u8",
                  ".absmax",
                  "nested.absmax.u8",
                  ".nested_absmax",
                  "nested.absmax2.f32",
                  ".nested_quant_map",
                  "dynamic_map.f32")
              .entrySet()) {
        Tensor t = after.read(gate + stored.getKey());
        byte[] bytes = new byte[(int) t.nbytes()];
        Tensors.bytes(t).get(bytes);
        assertThat(bytes)
            .isEqualTo(Files.readAllBytes(Assets.path("oracle-bitsandbytes/" + stored.getValue())));
      }
    }
  }
}
