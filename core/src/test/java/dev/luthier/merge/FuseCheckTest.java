package dev.luthier.merge;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.Adapters;
import dev.luthier.eval.Divergence;
import dev.luthier.model.TinyConfigs;
import dev.luthier.model.TinyModels;
import dev.luthier.tokenizer.TestTokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The text that a fused model is checked on fits the model, whatever its family calls its length.
 */
class FuseCheckTest {
  @TempDir private Path temp = Path.of("");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gpt2     | n_embd: 24, n_layer: 1, n_head: 3, n_positions: 24",
        "gptj     | n_embd: 24, n_layer: 1, n_head: 3, n_positions: 24, rotary_dim: 4",
        "bloom    | hidden_size: 24, n_layer: 1, n_head: 3, seq_length: 24",
        "opt      | hidden_size: 24, num_hidden_layers: 1, num_attention_heads: 3, ffn_dim: 40,"
            + " max_position_embeddings: 24"
      })
  void its_text_is_no_longer_than_the_models_positions(String type, String sizes)
      throws IOException {
    Fuse fuse = fuse(type, sizes);
    long[] ids = fuse.slice(TestTokenizers.chat(), Fuse.text());
    assertThat(ids).hasSize(24);
    Path fused = temp.resolve("fused");
    fuse.run(fused);
    Divergence found = fuse.check(fused, ids);
    assertThat(found.tokens()).isEqualTo(23);
    assertThat(found.kl()).isLessThan(1e-8);
    assertThat(found.first()).isPositive();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "t5   | true  | d_model: 24, d_kv: 8, d_ff: 40, num_layers: 1, num_heads: 3",
        "bert | false | hidden_size: 24, intermediate_size: 40, num_hidden_layers: 1,"
            + " num_attention_heads: 3, max_position_embeddings: 64",
        "bert | false | hidden_size: 24, intermediate_size: 40, num_hidden_layers: 1,"
            + " num_attention_heads: 3, max_position_embeddings: 64, num_labels: 3,"
            + " architectures: [BertForTokenClassification]",
        "gpt2 | false | n_embd: 24, n_layer: 1, n_head: 3, n_positions: 64, num_labels: 4,"
            + " architectures: [GPT2ForSequenceClassification]",
        "gpt2 | false | n_embd: 24, n_layer: 1, n_head: 3, n_positions: 64, num_labels: 1,"
            + " architectures: [GPT2ForSequenceClassification]"
      })
  void it_tells_the_fused_model_from_others(String type, boolean predicts, String sizes)
      throws IOException {
    Fuse fuse = fuse(type, sizes);
    long[] ids = fuse.slice(TestTokenizers.chat(), Fuse.text());
    Path fused = temp.resolve("fused");
    fuse.run(fused);
    Divergence found = fuse.check(fused, ids);
    assertThat(found.kl()).isLessThan(1e-7);
    assertThat(Double.isNaN(found.first())).isEqualTo(!predicts);
    assertThat(Double.isNaN(found.second())).isEqualTo(!predicts);
    assertThat(fuse.check(temp.resolve("model"), ids).kl()).isGreaterThan(1e-5);
  }

  private Fuse fuse(String type, String sizes) throws IOException {
    ObjectNode config =
        TinyConfigs.of("vocab_size: 400, initializer_range: 0.1, " + sizes).put("model_type", type);
    Path model = TinyModels.write(config, temp.resolve("model"));
    Path adapter = Files.createDirectories(temp.resolve("adapter"));
    try (PointerScope scope = new PointerScope()) {
      Map<String, Tensor> trained =
          TinyModels.lora(model, TinyModels.LOADER).transformer().adapter().orElseThrow().all();
      Adapters.write(adapter, new AdapterConfig(TinyModels.lora(), "model"), trained);
    }
    return Fuse.of(model, adapter, Optional.empty(), false);
  }
}
