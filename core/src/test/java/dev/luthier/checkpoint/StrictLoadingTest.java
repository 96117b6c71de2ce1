package dev.luthier.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.DType;
import dev.luthier.format.Json;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StrictLoadingTest {
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);
  private static final String HEAD = "lm_head.weight";
  private static final String EMBEDDING = "model.embed_tokens.weight";

  @TempDir private Path folder = Path.of("");
  private final ObjectNode config =
      Json.parse(
          """
          {"model_type":"llama","hidden_size":8,"intermediate_size":12,"num_hidden_layers":2,
           "num_attention_heads":2,"vocab_size":20,"max_position_embeddings":32,
           "tie_word_embeddings":true}
          """,
          "the test's configuration");
  private final Map<String, Tensor> weights = new LinkedHashMap<>();

  @BeforeEach
  void make() {
    weights.putAll(LOADER.fresh(config, 1).transformer().parameters().all());
  }

  private void write(DType dtype, Map<String, String> metadata) {
    dev.luthier.format.SafetensorsWriter.write(
        folder.resolve("model.safetensors"), TensorFiles.entries(weights, dtype), metadata);
    Json.write(folder.resolve("config.json"), config);
  }

  private float[] head() {
    return Tensors.toFloats(LOADER.load(folder).transformer().head().baseWeight());
  }

  @Test
  void every_missing_misshapen_and_unexpected_tensor_is_in_one_error() {
    weights.remove("model.layers.1.mlp.up_proj.weight");
    weights.put("model.norm.weight", Objects.requireNonNull(weights.get(EMBEDDING)));
    weights.put("model.layers.0.extra", Objects.requireNonNull(weights.get(EMBEDDING)));
    write(DType.F32, Map.of());
    assertThatThrownBy(() -> LOADER.load(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("missing: model.layers.1.mlp.up_proj.weight [12, 8]")
        .hasMessageContaining("misshapen: model.norm.weight is [20, 8]")
        .hasMessageContaining("unexpected: model.layers.0.extra");
  }

  @Test
  void a_configuration_with_a_hundred_million_layers_is_an_error_and_no_flood() {
    config.put("num_hidden_layers", 100_000_000);
    write(DType.F32, Map.of());
    assertThatThrownBy(() -> LOADER.load(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("missing: model.layers.2.input_layernorm.weight")
        .hasMessageContaining("and maybe more");
  }

  @Test
  void tied_weights_may_be_stored_under_either_name() {
    write(DType.F32, Map.of());
    float[] expected = head();
    weights.put(HEAD, Objects.requireNonNull(weights.remove(EMBEDDING)));
    write(DType.F32, Map.of());
    assertThat(head()).isEqualTo(expected);
    assertThat(Tensors.toFloats(embedding())).isEqualTo(expected);
  }

  @Test
  void an_alias_in_the_metadata_stands_for_the_tensor_that_it_names() {
    write(DType.F32, Map.of());
    float[] expected = head();
    config.put("tie_word_embeddings", false);
    weights.put(HEAD, Objects.requireNonNull(weights.remove(EMBEDDING)));
    write(DType.F32, Map.of(EMBEDDING, HEAD));
    assertThat(Tensors.toFloats(embedding())).isEqualTo(expected);
    assertThat(head()).isEqualTo(expected);
  }

  @Test
  void an_untied_head_that_is_missing_is_an_error_unless_the_configuration_is_silent() {
    config.put("tie_word_embeddings", false);
    write(DType.F32, Map.of());
    assertThatThrownBy(() -> LOADER.load(folder)).hasMessageContaining("missing: lm_head.weight");
    config.remove("tie_word_embeddings");
    write(DType.F32, Map.of());
    assertThat(head()).isEqualTo(Tensors.toFloats(embedding()));
  }

  @Test
  void half_precision_files_load_as_their_rounded_values() {
    for (DType dtype : new DType[] {DType.F16, DType.BF16, DType.F64}) {
      write(dtype, Map.of());
      float[] full = Tensors.toFloats(Objects.requireNonNull(weights.get(EMBEDDING)));
      float[] read = head();
      for (int i = 0; i < full.length; i++) {
        assertThat(Math.abs(read[i] - full[i])).isLessThanOrEqualTo(Math.abs(full[i]) / 256);
      }
      assertThat(ModelFiles.storedDtype(folder)).isEqualTo(dtype);
    }
  }

  @Test
  void an_adapter_given_as_a_model_is_explained() throws Exception {
    Files.writeString(folder.resolve("adapter_config.json"), "{}");
    assertThatThrownBy(() -> LOADER.load(folder)).hasMessageContaining("--adapter");
  }

  private Tensor embedding() {
    return Objects.requireNonNull(
        LOADER.load(folder).transformer().parameters().all().get(EMBEDDING));
  }
}
