package dev.luthier.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.Adapters;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.format.Gguf;
import dev.luthier.format.GgufTensor;
import dev.luthier.format.GgufType;
import dev.luthier.format.Json;
import dev.luthier.llamacpp.LlamaAdapter;
import dev.luthier.llamacpp.LlamaContext;
import dev.luthier.llamacpp.LlamaModel;
import dev.luthier.llamacpp.LlamaSettings;
import dev.luthier.nn.LayerIndices;
import dev.luthier.nn.LoraSettings;
import dev.luthier.nn.ModuleNames;
import dev.luthier.tensor.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An adapter gives in llama.cpp the logits that it gives here. */
class GgufLoraTest {
  @TempDir private Path temp = Path.of("");

  private static LoraSettings lora(
      Map<String, Integer> ranks, Map<String, Double> alphas, boolean rsLora, List<String> saved) {
    return new LoraSettings(
        4,
        10,
        0,
        ModuleNames.of("all-linear"),
        ModuleNames.none(),
        new LayerIndices(List.of()),
        ranks,
        alphas,
        rsLora,
        saved,
        LoraSettings.Bias.NONE,
        List.of());
  }

  private Path adapter(Path base, LoraSettings settings) throws IOException {
    Path folder = Files.createDirectories(temp.resolve("adapter"));
    try (PointerScope scope = new PointerScope()) {
      LoadedModel model = TinyExports.LOADER.lora(base, settings, 3);
      Map<String, Tensor> trained =
          new LinkedHashMap<>(model.transformer().adapter().orElseThrow().all());
      settings
          .modulesToSave()
          .forEach(name -> trained.put("model." + name + ".weight", torch.randn(40, 64)));
      trained.forEach(
          (name, t) -> {
            if (name.contains("lora_B")) {
              GeneratorOptional seed = new GeneratorOptional(Seeds.generator(7, name.hashCode()));
              t.detach().normal_(0, 0.3, seed);
            }
          });
      Adapters.write(folder, new AdapterConfig(settings, "base").of(model.transformer()), trained);
    }
    return folder;
  }

  private float[] ours(Path model, Optional<Path> adapter) throws IOException {
    return TinyExports.logits(model, adapter, TinyExports.oneText(), temp);
  }

  private Path base(String modelType, String more) throws IOException {
    return TinyExports.folder(Files.createDirectories(temp.resolve(modelType)), modelType, more);
  }

  private Path exported(Path base, Optional<Path> adapter) {
    Path file = temp.resolve("base.gguf");
    new GgufExport(base, adapter, false, GgufFileType.F32, Importance.NONE, false)
        .run(file, TinyExports.NO_VOCABULARY);
    return file;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "llama | 1e-3 | plain | '\"num_key_value_heads\":2'",
        "llama | 1e-3 | rslora | '\"num_key_value_heads\":2'",
        "llama | 1e-3 | patterns | '\"num_key_value_heads\":2'",
        "mixtral | 1e-3 | plain |"
            + " '\"num_key_value_heads\":2,\"num_local_experts\":3,\"num_experts_per_tok\":2'",
        "phi3 | 1e-3 | patterns | '\"num_key_value_heads\":2'",
        "gpt2 | 5e-2 | plain | '\"n_positions\":64'",
        "gpt_neox | 5e-2 | rslora | '\"rotary_pct\":0.25'",
        "falcon | 5e-2 | plain | '\"new_decoder_architecture\":true,\"num_kv_heads\":2'"
      })
  void its_logits_are_the_same(String modelType, double most, String kind, String more)
      throws IOException {
    Path base = base(modelType, more);
    boolean patterns = kind.equals("patterns");
    LoraSettings settings =
        lora(
            patterns ? Map.of("layers.0.*o_proj", 2, "layers.[1-3].*", 6) : Map.of(),
            patterns ? Map.of("layers.1.*", 3.0) : Map.of(),
            kind.equals("rslora"),
            List.of());
    Path adapter = adapter(base, settings);
    float[] expected = ours(base, Optional.of(adapter));
    Path file = temp.resolve("adapter.gguf");
    GgufLora.Result result = new GgufLora(base, adapter, GgufFileType.F32).run(file);
    assertThat(result.scaled() > 0).isEqualTo(patterns);
    try (LlamaModel model = LlamaModel.open(exported(base, Optional.empty()));
        LlamaContext context = model.context(LlamaSettings.exact(64));
        LlamaAdapter loaded = model.adapter(file)) {
      assertThat(TinyExports.worst(expected, context.logits(TinyExports.IDS))).isGreaterThan(0.5);
      context.use(loaded, 1);
      assertThat(TinyExports.worst(expected, context.logits(TinyExports.IDS))).isLessThan(most);
    }
    try (LlamaModel model = LlamaModel.open(exported(base, Optional.of(adapter)));
        LlamaContext context = model.context(LlamaSettings.exact(64))) {
      assertThat(TinyExports.worst(expected, context.logits(TinyExports.IDS))).isLessThan(most);
    }
  }

  @Test
  void a_base_in_gguf_will_do_and_types_are_kept() throws IOException {
    Path base = base("llama", "\"num_key_value_heads\":2");
    Path adapter = adapter(base, lora(Map.of("q_proj", 32), Map.of(), false, List.of()));
    Path one = temp.resolve("one.gguf");
    Path other = temp.resolve("other.gguf");
    new GgufLora(base, adapter, GgufFileType.Q8_0).run(one);
    new GgufLora(exported(base, Optional.empty()), adapter, GgufFileType.Q8_0).run(other);
    Gguf file = Gguf.open(one);
    assertThat(tensor(file, "blk.0.attn_q.weight.lora_a").type()).isEqualTo(GgufType.Q8_0);
    assertThat(tensor(file, "blk.0.attn_q.weight.lora_b").type()).isEqualTo(GgufType.Q8_0);
    assertThat(tensor(file, "blk.0.attn_v.weight.lora_b").type()).isEqualTo(GgufType.F16);
    assertThat(tensor(file, "blk.0.attn_v.weight.lora_b").shape()).containsExactly(32L, 4L);
    Gguf.open(other)
        .tensors()
        .forEach((name, t) -> assertThat(bytes(t)).isEqualTo(bytes(tensor(file, name))));
  }

  private static GgufTensor tensor(Gguf file, String name) {
    return file.tensor(name).orElseThrow();
  }

  private static byte[] bytes(GgufTensor tensor) {
    ByteBuffer out = ByteBuffer.allocate((int) tensor.length());
    tensor.read(0, out);
    return out.array();
  }

  @Test
  void what_such_files_cannot_say_is_refused_with_the_way_out() throws IOException {
    Path base = base("llama", "\"num_key_value_heads\":2,\"tie_word_embeddings\":true");
    Path output = temp.resolve("adapter.gguf");
    Path whole = adapter(base, lora(Map.of(), Map.of(), false, List.of("embed_tokens")));
    assertThatThrownBy(() -> new GgufLora(base, whole, GgufFileType.F32).run(output))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("model.embed_tokens.weight")
        .hasMessageContaining("luthier export gguf --model " + base + " --adapter " + whole);
    Path dora = adapter(base, lora(Map.of(), Map.of(), false, List.of()));
    ObjectNode config = Json.read(dora.resolve(AdapterConfig.FILE));
    Json.write(dora.resolve(AdapterConfig.FILE), config.put("use_dora", true));
    assertThatThrownBy(() -> new GgufLora(base, dora, GgufFileType.F32).run(output))
        .hasMessageContaining("use_dora");
    assertThatThrownBy(() -> new GgufLora(base, dora, GgufFileType.Q4_K_M))
        .hasMessageContaining("F32, F16, BF16 or Q8_0, not as Q4_K_M");
    assertThat(output).doesNotExist();
  }
}
