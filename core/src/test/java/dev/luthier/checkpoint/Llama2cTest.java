package dev.luthier.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Inspection;
import dev.luthier.format.Json;
import dev.luthier.format.Llama2cFile;
import dev.luthier.format.PickleWriter;
import dev.luthier.format.TestTorch;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models in llama2.c's files, as its export.py writes them. */
class Llama2cTest {
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);
  private static final int DIM = 16;
  private static final int HEADS = 4;
  private static final int KEY_HEADS = 2;
  private static final int LAYERS = 2;
  private static final int POSITIONS = 32;

  @TempDir private Path folder = Path.of("");
  private final Map<String, float[]> weights = new LinkedHashMap<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  @BeforeEach
  void make() {
    ObjectNode config =
        Json.parse(
            """
            {"model_type":"llama","hidden_size":16,"intermediate_size":24,"num_hidden_layers":2,
             "num_attention_heads":4,"num_key_value_heads":2,"vocab_size":20,
             "max_position_embeddings":32,"tie_word_embeddings":false}
            """,
            "the test's configuration");
    LOADER
        .fresh(config, 1)
        .transformer()
        .parameters()
        .all()
        .forEach((name, t) -> weights.put(name, Tensors.toFloats(t)));
  }

  private float[] weight(String name) {
    return Objects.requireNonNull(weights.get(name));
  }

  private void put(float... values) {
    out.writeBytes(TestTorch.floats(values));
  }

  private void putLayers(String name, int heads) {
    for (int i = 0; i < LAYERS; i++) {
      float[] value = weight("model.layers." + i + "." + name + ".weight");
      put(heads == 0 ? value : neighbours(value, heads));
    }
  }

  private void putLayers(String name) {
    putLayers(name, 0);
  }

  /** Rows j and j + size / 2 of a head, which turn together, become neighbours. */
  private static float[] neighbours(float[] value, int heads) {
    int size = value.length / DIM / heads;
    float[] out = new float[value.length];
    for (int head = 0; head < heads; head++) {
      for (int j = 0; j < size / 2; j++) {
        for (int half = 0; half < 2; half++) {
          int from = (head * size + half * size / 2 + j) * DIM;
          int to = (head * size + 2 * j + half) * DIM;
          System.arraycopy(value, from, out, to, DIM);
        }
      }
    }
    return out;
  }

  private Path version0(boolean tied) {
    out.writeBytes(sizes(tied ? 20 : -20));
    put(weight("model.embed_tokens.weight"));
    putLayers("input_layernorm");
    putLayers("self_attn.q_proj", HEADS);
    putLayers("self_attn.k_proj", KEY_HEADS);
    putLayers("self_attn.v_proj");
    putLayers("self_attn.o_proj");
    putLayers("post_attention_layernorm");
    putLayers("mlp.gate_proj");
    putLayers("mlp.down_proj");
    putLayers("mlp.up_proj");
    put(weight("model.norm.weight"));
    put(new float[POSITIONS * DIM / HEADS]);
    if (!tied) {
      put(weight("lm_head.weight"));
    }
    return TestTorch.write(folder.resolve("model.bin"), out.toByteArray());
  }

  private static byte[] sizes(int vocabulary) {
    PickleWriter sizes = new PickleWriter();
    for (int n : new int[] {DIM, 24, LAYERS, HEADS, KEY_HEADS, vocabulary, POSITIONS}) {
      sizes.little(n, 4);
    }
    return sizes.bytes();
  }

  private Path version1(boolean tied) {
    byte[] head =
        new PickleWriter()
            .little(0x616b3432, 4)
            .little(1, 4)
            .raw(sizes(20))
            .op(tied ? 1 : 0)
            .bytes();
    out.writeBytes(Arrays.copyOf(head, 256));
    putLayers("input_layernorm");
    putLayers("post_attention_layernorm");
    put(weight("model.norm.weight"));
    put(weight("model.embed_tokens.weight"));
    putLayers("self_attn.q_proj", HEADS);
    putLayers("self_attn.k_proj", KEY_HEADS);
    putLayers("self_attn.v_proj");
    putLayers("self_attn.o_proj");
    putLayers("mlp.gate_proj");
    putLayers("mlp.down_proj");
    putLayers("mlp.up_proj");
    if (!tied) {
      put(weight("lm_head.weight"));
    }
    return TestTorch.write(folder.resolve("model.bin"), out.toByteArray());
  }

  @ParameterizedTest
  @CsvSource({"0,true", "0,false", "1,true", "1,false"})
  void both_versions_are_the_model_they_were_written_from(int version, boolean tied) {
    Path file = version == 0 ? version0(tied) : version1(tied);
    LoadedModel model = LOADER.load(file);
    if (tied) {
      weights.remove("lm_head.weight");
    }
    assertThat(model.transformer().parameters().all()).containsOnlyKeys(weights.keySet());
    model
        .transformer()
        .parameters()
        .all()
        .forEach((name, t) -> assertThat(Tensors.toFloats(t)).as(name).isEqualTo(weight(name)));
    assertThat(model.config().path("tie_word_embeddings").asBoolean()).isEqualTo(tied);
    assertThat(HfFolder.config(file).path("model_type").asText()).isEqualTo("llama");
    Inspection in = Inspection.of(file);
    assertThat(in.kind()).isEqualTo("llama2.c");
    assertThat(in.parameters()).isEqualTo(weights.values().stream().mapToInt(v -> v.length).sum());
  }

  @Test
  void a_file_of_another_size_is_no_model() throws IOException {
    byte[] bytes = Files.readAllBytes(version0(true));
    Path file = folder.resolve("other.bin");
    for (int length : new int[] {0, 27, 28, 300, bytes.length - 1, bytes.length + 1}) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThat(Llama2cFile.isOne(file)).isFalse();
      assertThatThrownBy(() -> LOADER.load(file)).hasMessageContaining(file + " is a file");
    }
    for (int at = 0; at < 28; at++) {
      byte[] other = bytes.clone();
      other[at] = 0x7f;
      assertThat(Llama2cFile.isOne(Files.write(file, other))).as("byte " + at).isFalse();
    }
  }

  @Test
  void a_quantized_export_is_refused_by_its_version() throws IOException {
    byte[] bytes = Files.readAllBytes(version1(true));
    bytes[4] = 2;
    Path file = Files.write(folder.resolve("model.bin"), bytes);
    assertThatThrownBy(() -> LOADER.load(file))
        .hasMessageContaining("model of version 2; read are");
  }

  @ParameterizedTest
  @CsvSource({
    "layers.0.attention.wq.weight,Meta's original Llama",
    "layers.0.attn.q_proj.weight,torchtune"
  })
  void other_programs_names_for_a_llama_are_refused_by_their_layout(String name, String layout) {
    byte[] pickle = PickleWriter.vectors(Map.of(name, 1, "tok_embeddings.weight", 1));
    Map<String, byte[]> data = Map.of(name, new byte[4], "tok_embeddings.weight", new byte[4]);
    TestTorch.zip(folder.resolve("consolidated.00.pth"), pickle, data);
    Json.write(folder.resolve("config.json"), Json.object().put("model_type", "llama"));
    assertThatThrownBy(() -> LOADER.load(folder))
        .hasMessageContaining("is in the layout of " + layout);
  }
}
