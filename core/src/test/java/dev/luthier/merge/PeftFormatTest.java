package dev.luthier.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.Adapters;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.checkpoint.TensorFiles;
import dev.luthier.data.Batch;
import dev.luthier.format.DType;
import dev.luthier.format.Json;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.SftSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.Trainables;
import dev.luthier.train.WeightSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An adapter read by a program that knows nothing but PEFT's documented format. */
@org.jspecify.annotations.NullUnmarked
class PeftFormatTest {
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lora.rank=3",
        "lora.rsLora=true",
        "lora.targets=[q_proj, down_proj]",
        "lora.targets=[v_proj, lm_head]",
        "lora.rankPattern={down_proj: 2}",
        "lora.alphaPattern={layers.1.self_attn.q_proj: 5}",
        "lora.layers=1",
        "lora.exclude=[k_proj]",
        "lora.bias=all",
        "lora.bias=lora_only",
        "lora.modulesToSave=[lm_head]",
        "lora.modulesToSave=[lm_head, embed_tokens]"
      })
  void applying_it_by_hand_gives_the_model_that_fuse_gives(String setting, @TempDir Path temp)
      throws IOException {
    Path base = base(temp.resolve("base"));
    LoraSettings lora =
        new Settings()
            .set("model=x")
            .set("output=y")
            .set("data.train=z")
            .set(setting)
            .bind(SftSettings.class)
            .lora();
    LoadedModel trained = LOADER.lora(base, lora, 5);
    scramble(trained.transformer());
    Path adapter = Files.createDirectory(temp.resolve("adapter"));
    Adapters.write(adapter, new AdapterConfig(lora, "base"), Trainables.of(trained.transformer()));

    Map<String, float[]> byHand = apply(base, adapter);
    Path fused = temp.resolve("fused");
    Fuse.of(base, adapter, Optional.empty(), false).run(fused);
    Map<String, float[]> ours = TensorFiles.readFloats(fused.resolve("model.safetensors"));
    byHand.forEach(
        (name, w) -> {
          float[] f = ours.get(name);
          assertThat(f).as(name).isNotNull();
          for (int i = 0; i < w.length && f != null; i++) {
            assertThat(f[i]).as(name).isCloseTo(w[i], within(1e-6f));
          }
        });
    float[] before = logProbs(LOADER.load(base).transformer());
    float[] live = logProbs(LOADER.load(base, Optional.of(adapter)).transformer());
    float[] after = logProbs(LOADER.load(fused).transformer());
    float[] training = logProbs(trained.transformer());
    double moved = 0;
    for (int i = 0; i < live.length; i++) {
      assertThat(after[i]).isCloseTo(live[i], within(1e-5f));
      assertThat(training[i]).isCloseTo(live[i], within(1e-6f));
      moved = Math.max(moved, Math.abs(live[i] - before[i]));
    }
    assertThat(moved).isGreaterThan(0.01);
  }

  private static Path base(Path folder) throws IOException {
    ObjectNode config =
        Json.parse(
            """
            {"model_type":"llama","hidden_size":16,"intermediate_size":24,"num_hidden_layers":2,
             "num_attention_heads":4,"num_key_value_heads":2,"head_dim":6,"vocab_size":40,
             "max_position_embeddings":64,"rms_norm_eps":1e-5,"attention_bias":true,"mlp_bias":true,
             "tie_word_embeddings":true,"initializer_range":0.3}
            """,
            "the test's configuration");
    LoadedModel model = LOADER.fresh(config, 3);
    Files.createDirectories(folder);
    ModelFiles.write(folder, config, model.transformer().parameters().all(), DType.F32);
    return folder;
  }

  /** B and biases start at zero, which would hide them. */
  private static void scramble(Transformer model) {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      int i = 0;
      for (Tensor t : Trainables.of(model).values()) {
        float[] values = Tensors.toFloats(t);
        for (int k = 0; k < values.length; k++) {
          values[k] += (float) (0.1 * Math.sin(++i * 1.7));
        }
        t.copy_(Tensors.floats(values, Device.CPU, Tensors.shape(t)));
      }
    }
  }

  private static float[] logProbs(Transformer model) {
    long[][] ids = {{5, 9, 3, 17, 22, 4, 38, 1}, {7, 7, 2, 30, 11, 19, 6, 25}};
    try (PointerScope scope = new PointerScope()) {
      return Tensors.toFloats(
          new BlockwiseStep(model, WeightSource.of(model)).logProbs(Batch.of(ids, ids)));
    }
  }

  /** What a stranger would write from PEFT's documentation. */
  private static Map<String, float[]> apply(Path base, Path adapter) throws IOException {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    Map<String, float[]> weights = read(base.resolve("model.safetensors"), new LinkedHashMap<>());
    weights.putIfAbsent("lm_head.weight", weights.get("model.embed_tokens.weight").clone());
    Map<String, float[]> delta = read(adapter.resolve("adapter_model.safetensors"), shapes);
    JsonNode config = new ObjectMapper().readTree(adapter.resolve("adapter_config.json").toFile());
    boolean headTouched = false;
    for (Map.Entry<String, float[]> e : delta.entrySet()) {
      String name = e.getKey().substring("base_model.model.".length());
      headTouched |= name.startsWith("lm_head");
      if (name.endsWith(".lora_B.weight")) {
        continue;
      }
      if (!name.endsWith(".lora_A.weight")) {
        weights.put(name.replace(".base_layer", ""), e.getValue());
        continue;
      }
      String path = name.substring(0, name.length() - ".lora_A.weight".length());
      float[] b = delta.get("base_model.model." + path + ".lora_B.weight");
      long[] a = shapes.get(e.getKey());
      int r = (int) a[0];
      int in = (int) a[1];
      double alpha = config.get("lora_alpha").asDouble();
      Iterator<Map.Entry<String, JsonNode>> patterns = config.get("alpha_pattern").fields();
      while (patterns.hasNext()) {
        Map.Entry<String, JsonNode> p = patterns.next();
        if (path.matches("(.*\\.)?(" + p.getKey() + ")$")) {
          alpha = p.getValue().asDouble();
        }
      }
      double scale = config.get("use_rslora").asBoolean() ? alpha / Math.sqrt(r) : alpha / r;
      float[] w = weights.get(path + ".weight");
      for (int o = 0; o < w.length / in; o++) {
        for (int i = 0; i < in; i++) {
          double sum = 0;
          for (int k = 0; k < r; k++) {
            sum += (double) b[o * r + k] * e.getValue()[k * in + i];
          }
          w[o * in + i] += (float) (scale * sum);
        }
      }
    }
    if (!headTouched) {
      weights.remove("lm_head.weight");
    }
    return weights;
  }

  private static Map<String, float[]> read(Path file, Map<String, long[]> shapes)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int header = (int) bytes.getLong(0);
    JsonNode json =
        new ObjectMapper().readTree(new String(bytes.array(), 8, header, StandardCharsets.UTF_8));
    Map<String, float[]> out = new LinkedHashMap<>();
    json.fields()
        .forEachRemaining(
            e -> {
              if (!e.getKey().equals("__metadata__")) {
                int from = 8 + header + e.getValue().get("data_offsets").get(0).asInt();
                int to = 8 + header + e.getValue().get("data_offsets").get(1).asInt();
                float[] values = new float[(to - from) / 4];
                bytes
                    .slice(from, to - from)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .get(values);
                out.put(e.getKey(), values);
                long[] shape = new long[e.getValue().get("shape").size()];
                for (int i = 0; i < shape.length; i++) {
                  shape[i] = e.getValue().get("shape").get(i).asLong();
                }
                shapes.put(e.getKey(), shape);
              }
            });
    return out;
  }
}
