package dev.luthier.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.data.Batch;
import dev.luthier.format.DType;
import dev.luthier.format.GgufType;
import dev.luthier.format.HfFolder;
import dev.luthier.format.PlantedGguf;
import dev.luthier.model.Problem;
import dev.luthier.model.TinyConfigs;
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
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Families before Llama, BERT and T5: their GGUF files give what their folders give. */
class GgufEarlierFamiliesTest {
  private static final String NEO =
      "hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 4,"
          + " max_position_embeddings: 64";
  private static final String BERT =
      "model_type: bert, intermediate_size: 96, layer_norm_eps: 0.000000001, " + NEO;
  private static final String T5 =
      "model_type: t5, d_model: 64, d_ff: 96, d_kv: 8, num_layers: 3, num_decoder_layers: 2,"
          + " num_heads: 4, relative_attention_num_buckets: 8, layer_norm_epsilon: 0.000001,"
          + " decoder_start_token_id: 3, pad_token_id: 1";

  @TempDir private Path temp = Path.of("");

  private static ModelLoader loader(Optional<QuantSettings> quant) {
    return new ModelLoader(ComputeDtype.FLOAT32, Device.CPU, quant);
  }

  private Path folder(String keys) throws IOException {
    Path folder = Files.createDirectories(temp.resolve("folder"));
    ObjectNode config = TinyConfigs.of("vocab_size: 40, initializer_range: 0.2, " + keys);
    try (PointerScope scope = new PointerScope()) {
      LoadedModel model = loader(Optional.empty()).fresh(config, 5);
      TinyModels.shakeVectors(model, 7);
      ModelFiles.write(folder, config, model.transformer().parameters().all(), DType.F32);
    }
    return folder;
  }

  private static Batch batch(Batch.Form form, int labels) {
    long[][] ids = {{5, 9, 3, 17, 22, 4, 38, 1, 30, 12}, {7, 7, 2, 30, 11, 19, 6, 25, 8, 0}};
    long[][] targets = new long[2][10];
    for (int i = 0; i < 20; i++) {
      targets[i / 10][i % 10] = ids[i / 10][i % 10] % labels;
    }
    return Batch.of(ids, targets).withForm(form);
  }

  private static float[] logProbs(LoadedModel model, Batch batch) {
    try (PointerScope scope = new PointerScope()) {
      return Tensors.toFloats(
          new BlockwiseStep(model.transformer(), WeightSource.of(model.transformer()))
              .logProbs(batch));
    }
  }

  private static float[] logProbs(Path model, Optional<QuantSettings> quant, Batch batch) {
    try (PointerScope scope = new PointerScope()) {
      return logProbs(loader(quant).load(model), batch);
    }
  }

  private void same(String arch, String keys, Batch.Form form) throws IOException {
    Batch batch = batch(form, 40);
    Path folder = folder(keys);
    Path file = ConvertedFolder.of(folder, arch, false).write(temp.resolve("float.gguf"));
    float[] expected = logProbs(folder, Optional.empty(), batch);
    assertThat(logProbs(file, Optional.empty(), batch)).isEqualTo(expected);
    ModelLoader stream = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU, Optional.empty(), true);
    assertThat(logProbs(stream.load(file), batch)).isEqualTo(expected);
    Path packed = ConvertedFolder.of(folder, arch, true).write(temp.resolve("packed.gguf"));
    float[] dequantized = logProbs(packed, Optional.empty(), batch);
    assertThat(logProbs(packed, Optional.of(QuantSettings.stored()), batch)).isEqualTo(dequantized);
    assertThat(dequantized).isNotEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gpt2    | gpt2     | ",
        "gpt2    | gpt2     | tie_word_embeddings: false",
        "gptneox | gpt_neox | intermediate_size: 96, rotary_pct: 0.5, layer_norm_eps: 0.00001",
        "gptneox | gpt_neox | intermediate_size: 96, rotary_pct: 1.0, layer_norm_eps: 0.000001,"
            + " use_parallel_residual: false, attention_bias: false",
        "falcon  | falcon   | multi_query: true, tie_word_embeddings: false",
        "falcon  | falcon   | new_decoder_architecture: true, num_kv_heads: 2",
        "falcon  | falcon   | new_decoder_architecture: true, num_kv_heads: 1",
        "falcon  | falcon   | new_decoder_architecture: true, num_kv_heads: 2,"
            + " num_ln_in_parallel_attn: 1",
        "bloom   | bloom    | "
      })
  void a_file_gives_what_its_folder_gives(String arch, String modelType, String more)
      throws IOException {
    String sizes =
        switch (arch) {
          case "gpt2" -> "n_embd: 64, n_layer: 2, n_head: 4, n_positions: 64";
          case "bloom" -> "hidden_size: 64, n_layer: 2, n_head: 4, seq_length: 64";
          default -> NEO;
        };
    String eps = arch.equals("gptneox") ? "" : ", layer_norm_epsilon: 0.00001";
    String rest = more == null ? "" : ", " + more;
    same(arch, "model_type: " + modelType + ", " + sizes + eps + rest, Batch.Form.CAUSAL);
    ObjectNode config = HfFolder.config(temp.resolve("float.gguf"));
    assertThat(config.path("model_type").asText()).isEqualTo(modelType);
  }

  @ParameterizedTest
  @CsvSource({"relu, true", "gated-gelu, false"})
  void t5_s_file_gives_what_its_folder_gives(String feedForward, boolean tied) throws IOException {
    same(
        "t5",
        T5 + ", feed_forward_proj: " + feedForward + ", tie_word_embeddings: " + tied,
        new Batch.Form(true, 4, null));
    ObjectNode config = HfFolder.config(temp.resolve("float.gguf"));
    assertThat(config.path("decoder_start_token_id").asInt()).isEqualTo(3);
    assertThat(config.path("pad_token_id").asInt()).isEqualTo(1);
  }

  /** The converter leaves BERT's heads and pooler out; a classifier's are drawn anew. */
  @ParameterizedTest
  @CsvSource({"TOKENS, ForTokenClassification", "CLASSES, ForSequenceClassification"})
  void bert_s_file_is_a_base_for_classifiers(Problem problem, String architecture)
      throws IOException {
    Path folder = folder(BERT + ", architectures: [Bert" + architecture + "], num_labels: 2");
    Path file = ConvertedFolder.of(folder, "bert", false).write(temp.resolve("bert.gguf"));
    Path bare = temp.resolve("bare");
    try (PointerScope scope = new PointerScope()) {
      LoadedModel whole = loader(Optional.empty()).load(folder);
      Map<String, Tensor> tensors = new TreeMap<>(whole.transformer().parameters().all());
      tensors.keySet().removeIf(name -> name.matches("(bert\\.pooler|classifier)\\..*"));
      ObjectNode config = HfFolder.config(folder);
      config.remove("initializer_range"); // which files do not store
      ModelFiles.write(Files.createDirectories(bare), config, tensors, DType.F32);
    }
    HeadConfig head = new HeadConfig(problem, List.of("a", "b", "c"), OptionalInt.empty());
    Batch batch = batch(Batch.Form.IN_PLACE, 3);
    try (PointerScope scope = new PointerScope()) {
      float[] expected = logProbs(loader(Optional.empty()).full(bare, head, 7), batch);
      assertThat(logProbs(loader(Optional.empty()).full(file, head, 7), batch))
          .isEqualTo(expected)
          .isNotEqualTo(logProbs(loader(Optional.empty()).full(bare, head, 8), batch));
    }
    assertThatThrownBy(() -> loader(Optional.empty()).load(file))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("bert.gguf")
        .hasMessageContaining("cls.predictions");
  }

  @Test
  void a_trained_file_is_saved_as_its_family_s_folder() throws IOException {
    Path folder =
        folder(
            "model_type: gpt2, n_embd: 64, n_layer: 2, n_head: 4, n_positions: 64,"
                + " layer_norm_epsilon: 0.00001");
    Path file = ConvertedFolder.of(folder, "gpt2", false).write(temp.resolve("gpt2.gguf"));
    Path saved = Files.createDirectories(temp.resolve("saved"));
    try (PointerScope scope = new PointerScope()) {
      LoadedModel model = loader(Optional.empty()).full(file);
      ModelFiles.write(saved, model.config(), model.transformer().parameters().all(), DType.F32);
    }
    assertThat(Files.readAllBytes(saved.resolve("model.safetensors")))
        .isEqualTo(Files.readAllBytes(folder.resolve("model.safetensors")));
  }

  @Test
  void an_architecture_that_is_not_read_is_refused_by_name() {
    Path file =
        new PlantedGguf()
            .text("general.architecture", "mamba")
            .tensor("token_embd.weight", GgufType.F32, new byte[4 * 64], 2, 32)
            .write(temp.resolve("mamba.gguf"));
    assertThatThrownBy(() -> loader(Optional.empty()).load(file))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("mamba.gguf")
        .hasMessageContaining("general.architecture is 'mamba'")
        .hasMessageContaining(
            "llama, qwen2, qwen3, gemma, gemma2, gemma3, phi3, phi2, gpt2, gptneox, falcon,"
                + " bloom, bert, t5.")
        .hasMessageContaining("Hugging Face folder");
  }

  @Test
  void whatever_a_file_of_them_says_is_read_or_refused() throws IOException {
    Path folder =
        folder(
            "model_type: falcon, new_decoder_architecture: true, num_kv_heads: 2,"
                + " layer_norm_epsilon: 0.00001, "
                + NEO);
    byte[] good = ConvertedFolder.of(folder, "falcon", true).bytes();
    Path file = temp.resolve("fuzzed.gguf");
    Random random = new Random(3);
    int refused = 0;
    for (int i = 0; i < 200; i++) {
      byte[] bytes = good.clone();
      bytes[random.nextInt(900)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, bytes);
      try (PointerScope scope = new PointerScope()) {
        loader(Optional.empty()).load(file);
      } catch (LuthierException e) {
        refused++;
      }
    }
    assertThat(refused).isBetween(60, 199);
  }
}
