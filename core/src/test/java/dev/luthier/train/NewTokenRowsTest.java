package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.Adapters;
import dev.luthier.checkpoint.FolderFuser;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.TensorFiles;
import dev.luthier.data.Batch;
import dev.luthier.format.Json;
import dev.luthier.model.Families;
import dev.luthier.model.Family;
import dev.luthier.model.TinyConfigs;
import dev.luthier.model.TinyModels;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Seeds;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters that train the rows of new tokens, over every family. */
class NewTokenRowsTest {
  /** A reserved token, and one behind all of the 40 that there are. */
  private static final List<Integer> TOKENS = List.of(5, 41);

  private static final String ROWS = ".token_adapter.trainable_tokens_delta";

  @TempDir private Path temp = Path.of("");

  private static final String T5 =
      "model_type: t5, vocab_size: 40, d_model: 24, d_kv: 6, d_ff: 40, num_heads: 3, num_layers: 2";

  static Stream<ObjectNode> settings() {
    return with(TinyConfigs.all().values(), T5);
  }

  private LoadedModel model(Path base) {
    LoraSettings lora = TinyModels.lora().training(TOKENS);
    return TinyModels.LOADER.withNew(TOKENS).lora(base, lora, 3);
  }

  /** Some of its tokens are new. */
  private static Batch batch(ObjectNode config) {
    Batch batch = TinyModels.batch(config);
    for (int i = 1; i < batch.tokens().length; i += 4) {
      batch.tokens()[i] = TOKENS.get(i / 4 % 2);
      if (batch.labels()[i] >= 0) {
        batch.labels()[i] = batch.tokens()[i];
      }
    }
    return batch;
  }

  private static String module(String table) {
    return table.replaceAll("\\.weight$", "");
  }

  static Stream<ObjectNode> families() {
    return with(TinyConfigs.families().values(), T5);
  }

  private static Stream<ObjectNode> with(Collection<ObjectNode> configs, String more) {
    return Stream.concat(configs.stream(), Stream.of(TinyConfigs.of(more)));
  }

  @ParameterizedTest
  @MethodSource("families")
  void they_begin_as_the_mean_and_are_trained_alone(ObjectNode config) {
    Path base = TinyModels.write(config, temp.resolve("base"));
    Family.Names names = Families.of(config, "test").names();
    Transformer model = model(base).transformer();
    Map<String, float[]> stored = TensorFiles.readFloats(base.resolve("model.safetensors"));
    Set<String> rows = new TreeSet<>();
    Trainables.of(model)
        .forEach(
            (name, t) -> {
              if (name.endsWith(ROWS)) {
                rows.add(name);
                float[] table =
                    Objects.requireNonNull(stored.get(name.replace(ROWS, "") + ".weight"));
                assertThat(Tensors.toFloats(t))
                    .containsExactly(twice(mean(table, 40)), within(1e-5f));
              } else {
                assertThat(name).contains("lora_");
              }
            });
    assertThat(rows)
        .isEqualTo(
            model.isTied()
                ? Set.of(module(names.embedding()) + ROWS)
                : Set.of(module(names.embedding()) + ROWS, module(names.head()) + ROWS));
    shake(model);
    FamilyContract.differences(model, batch(config));
  }

  private static float[] mean(float[] table, int count) {
    int width = table.length / count;
    double[] sum = new double[width];
    for (int i = 0; i < table.length; i++) {
      sum[i % width] += table[i];
    }
    float[] out = new float[width];
    for (int i = 0; i < width; i++) {
      out[i] = (float) (sum[i] / count);
    }
    return out;
  }

  private static float[] twice(float[] row) {
    float[] out = Arrays.copyOf(row, 2 * row.length);
    System.arraycopy(row, 0, out, row.length, row.length);
    return out;
  }

  private static void shake(Transformer model) {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      for (Map.Entry<String, Tensor> p : Trainables.of(model).entrySet()) {
        if (!p.getKey().endsWith("lora_A.weight")) {
          GeneratorOptional generator =
              new GeneratorOptional(Seeds.generator(9, p.getKey().hashCode()));
          p.getValue().add_(torch.empty_like(p.getValue()).normal_(0, 0.2, generator));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("settings")
  void they_are_stored_with_the_adapter_and_take_their_places_when_fused(ObjectNode config)
      throws IOException {
    Path base = TinyModels.write(config, temp.resolve("base"));
    LoadedModel trained = model(base);
    shake(trained.transformer());
    float[] expected = TinyModels.logits(trained.transformer(), batch(config));
    Path adapter = Files.createDirectories(temp.resolve("adapter"));
    Adapters.write(
        adapter,
        new AdapterConfig(trained.lora().orElseThrow(), "base").of(trained.transformer()),
        Trainables.of(trained.transformer()));
    Transformer again = TinyModels.LOADER.load(base, Optional.of(adapter)).transformer();
    assertThat(again.shape().vocabulary()).isEqualTo(42);
    assertThat(TinyModels.logits(again, batch(config))).containsExactly(expected, within(2e-4f));

    Path fused = Files.createDirectories(temp.resolve("fused"));
    new FolderFuser(base, adapter, Optional.empty()).write(fused);
    assertThat(Json.read(fused.resolve("config.json")).path("vocab_size").asInt()).isEqualTo(42);
    Transformer whole = TinyModels.LOADER.load(fused).transformer();
    assertThat(TinyModels.logits(whole, batch(config))).containsExactly(expected, within(5e-4f));
    unchanged(Families.of(config, "test").names().embedding(), base, fused);
  }

  /**
   * PEFT resizes the tables before it trains rows behind the last, and saves them whole beside the
   * rows, under the names that they have within its wrapper; a tied head once more.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whole_tables_beside_them_are_read_as_peft_writes_them(boolean tied) throws IOException {
    String sizes =
        "model_type: llama, vocab_size: 40, hidden_size: 24, intermediate_size: 20,"
            + " num_hidden_layers: 1, num_attention_heads: 4, tie_word_embeddings: ";
    ObjectNode config = TinyConfigs.of(sizes + tied);
    Path base = TinyModels.write(config, temp.resolve("base"));
    LoadedModel trained = model(base);
    shake(trained.transformer());
    float[] expected = TinyModels.logits(trained.transformer(), batch(config));
    Path adapter = Files.createDirectories(temp.resolve("adapter"));
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Map<String, Tensor> all = new TreeMap<>();
      Map<String, Tensor> rows = Trainables.of(trained.transformer());
      rows.forEach((name, t) -> all.put("base_model.model." + name, t.detach()));
      for (String module : List.of("model.embed_tokens", "lm_head")) {
        boolean own = rows.containsKey(module + ROWS);
        String source = own ? module : "model.embed_tokens";
        Tensor whole =
            Objects.requireNonNull(
                trained.transformer().parameters().all().get(source + ".weight")); // (42, 24)
        String path = "base_model.model." + module + ".token_adapter.";
        all.put(path + "base_layer.weight", whole);
        all.put(
            path + "trainable_tokens_delta",
            Objects.requireNonNull(rows.get(source + ROWS)).detach());
        all.put("base_model.model." + module + ".original_module.weight", whole);
      }
      TensorFiles.write(adapter.resolve(Adapters.WEIGHTS), all, Map.of("format", "pt"));
    }
    Json.write(
        adapter.resolve(AdapterConfig.FILE),
        new AdapterConfig(trained.lora().orElseThrow(), "base").of(trained.transformer()).toJson());
    Transformer again = TinyModels.LOADER.load(base, Optional.of(adapter)).transformer();
    assertThat(TinyModels.logits(again, batch(config))).containsExactly(expected, within(2e-4f));
    Path fused = Files.createDirectories(temp.resolve("fused"));
    new FolderFuser(base, adapter, Optional.empty()).write(fused);
    Transformer whole = TinyModels.LOADER.load(fused).transformer();
    assertThat(whole.isTied()).isEqualTo(tied);
    assertThat(TinyModels.logits(whole, batch(config))).containsExactly(expected, within(5e-4f));
  }

  /** The other rows are as they were, to the bit. */
  private static void unchanged(String table, Path base, Path fused) {
    float[] before = floats(base, table);
    float[] after = floats(fused, table);
    int width = before.length / 40;
    for (int id = 0; id < 40; id++) {
      float[] row = Arrays.copyOfRange(after, id * width, (id + 1) * width);
      float[] was = Arrays.copyOfRange(before, id * width, (id + 1) * width);
      assertThat(Arrays.equals(row, was)).as("row " + id).isEqualTo(id != 5);
    }
  }

  private static float[] floats(Path folder, String name) {
    return Objects.requireNonNull(
        TensorFiles.readFloats(folder.resolve("model.safetensors")).get(name));
  }
}
