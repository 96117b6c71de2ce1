package dev.luthier.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.data.Batch;
import dev.luthier.format.DType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What keys of config.json mean that are absent, or say the same under another name. */
class ConfigKeysTest {
  private static final String SIZES =
      "vocab_size: 40, initializer_range: 0.3, hidden_size: 24, num_hidden_layers: 2,"
          + " num_attention_heads: 4";

  private static ObjectNode config(String keys) {
    ObjectNode config = TinyConfigs.of(SIZES);
    ObjectNode more = TinyConfigs.of(keys);
    if (more.has("n_embed")) {
      config.remove("hidden_size");
    }
    return config.setAll(more);
  }

  /** One document that fills its row. */
  private static Batch batch() {
    long[] documents = new long[14];
    Arrays.fill(documents, 1);
    return TinyModels.batch(documents, 1, 14);
  }

  private static float[] logits(ObjectNode config) {
    return TinyModels.logits(TinyModels.full(config).transformer(), batch());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mistral | intermediate_size: 20, num_key_value_heads: 2 | sliding_window: 4096 |"
            + " sliding_window: 3",
        "mixtral | intermediate_size: 20, num_key_value_heads: 2 | rope_theta: 1000000.0 |"
            + " rope_theta: 10000.0",
        "mixtral | intermediate_size: 20, num_key_value_heads: 2 | rms_norm_eps: 0.00001 |"
            + " rms_norm_eps: 0.1",
        "qwen2 | intermediate_size: 20, num_key_value_heads: 2, use_sliding_window: true,"
            + " sliding_window: 3 | max_window_layers: 28 | max_window_layers: 0",
        "qwen2 | intermediate_size: 20, num_key_value_heads: 2, use_sliding_window: true,"
            + " max_window_layers: 0 | sliding_window: 4096 | sliding_window: 3",
        "qwen3 | intermediate_size: 20, num_key_value_heads: 2 | head_dim: 128 | head_dim: 8",
        "phi3 | intermediate_size: 20 | rms_norm_eps: 0.00001 | rms_norm_eps: 0.1",
        "gemma | intermediate_size: 20, num_key_value_heads: 1 | head_dim: 256 | head_dim: 8",
        "gemma | intermediate_size: 20, num_key_value_heads: 1 | hidden_activation:"
            + " gelu_pytorch_tanh | hidden_activation: relu",
        "gemma2 | intermediate_size: 20 | attn_logit_softcapping: 50.0 |"
            + " attn_logit_softcapping: null",
        "gemma2 | intermediate_size: 20 | final_logit_softcapping: 30.0 |"
            + " final_logit_softcapping: null",
        "gemma2 | intermediate_size: 20 | query_pre_attn_scalar: 256 | query_pre_attn_scalar: 8",
        "gemma2 | intermediate_size: 20 | sliding_window: 4096 | sliding_window: 3",
        "gemma3_text | intermediate_size: 20 | query_pre_attn_scalar: 256 |"
            + " query_pre_attn_scalar: 8",
        "gemma3_text | intermediate_size: 20, sliding_window: 3 | sliding_window_pattern: 6 |"
            + " sliding_window_pattern: 2",
        "gpt2 | n_positions: 64 | activation_function: gelu_new | activation_function: relu",
        "gptj | hidden_size: 256, num_attention_heads: 2 | rotary_dim: 64 | rotary_dim: null",
        "gpt_neox | hidden_size: 32 | intermediate_size: 24576 | intermediate_size: 96",
        "gpt_neox | intermediate_size: 20, hidden_size: 64 | rotary_pct: 0.25 | rotary_pct: 0.5",
        "falcon | new_decoder_architecture: true | num_kv_heads: 4 | num_kv_heads: 2",
        "falcon | new_decoder_architecture: true | num_ln_in_parallel_attn: 2 |"
            + " num_ln_in_parallel_attn: 1",
        "opt | '' | ffn_dim: 3072 | ffn_dim: 96",
        "opt | ffn_dim: 40 | activation_function: relu | activation_function: gelu",
        "bert | '' | intermediate_size: 3072 | intermediate_size: 96",
        "roberta | intermediate_size: 20 | pad_token_id: 1 | pad_token_id: 0",
      })
  void an_absent_key_means_what_the_published_configurations_do(
      String type, String more, String meant, String other) {
    ObjectNode absent = config("model_type: " + type + (more.isEmpty() ? "" : ", " + more));
    float[] logits = logits(absent);
    assertThat(logits).isEqualTo(logits(absent.deepCopy().setAll(TinyConfigs.of(meant))));
    assertThat(logits).isNotEqualTo(logits(absent.deepCopy().setAll(TinyConfigs.of(other))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model_type: bloom, hidden_size: 24 | model_type: bloom, n_embed: 24",
        "model_type: falcon, new_decoder_architecture: true, num_kv_heads: 2 |"
            + " model_type: RefinedWeb, n_head_kv: 2",
        "model_type: falcon | model_type: RefinedWebModel",
        "model_type: gpt_neox, hidden_size: 64, intermediate_size: 20, rotary_pct: 0.5,"
            + " rotary_emb_base: 500 | model_type: gpt_neox, hidden_size: 64, intermediate_size: 20,"
            + " rope_parameters: {rope_type: default, rope_theta: 500, partial_rotary_factor: 0.5}",
        "model_type: mixtral, intermediate_size: 20, num_key_value_heads: 2, rope_theta: 500 |"
            + " model_type: mixtral, intermediate_size: 20, num_key_value_heads: 2,"
            + " rope_parameters: {rope_type: default, rope_theta: 500}",
        "model_type: llama, intermediate_size: 20, head_dim: 8, rope_scaling: {rope_type: linear,"
            + " factor: 2} | model_type: llama, intermediate_size: 20, head_dim: 8, rope_scaling:"
            + " {type: linear, factor: 2}",
        "model_type: llama, intermediate_size: 20, head_dim: 8, max_position_embeddings: 64,"
            + " rope_scaling: {rope_type: yarn, factor: 4, original_max_position_embeddings: 16} |"
            + " model_type: llama, intermediate_size: 20, head_dim: 8, max_position_embeddings: 64,"
            + " rope_scaling: {rope_type: yarn, factor: null, original_max_position_embeddings:"
            + " 16}",
        "model_type: gemma3_text, intermediate_size: 20 | model_type: gemma3_text,"
            + " intermediate_size: 20, attn_logit_softcapping: 3.0",
      })
  void the_same_is_said_in_two_ways(String one, String other) {
    float[] logits = logits(config(one));
    assertThat(logits).isEqualTo(logits(config(other)));
  }

  /** Yarn stretches by its factor, also where a file's largest length was not raised with it. */
  @ParameterizedTest
  @ValueSource(ints = {16, 128})
  void yarns_factor_counts_whatever_the_largest_length_is(int positions) {
    String llama =
        "model_type: llama, intermediate_size: 20, head_dim: 8, max_position_embeddings: ";
    String yarn =
        ", rope_scaling: {rope_type: yarn, factor: 4, original_max_position_embeddings: 16}";
    float[] logits = logits(config(llama + positions + yarn));
    assertThat(logits).isEqualTo(logits(config(llama + 64 + yarn)));
    assertThat(logits).isNotEqualTo(logits(config(llama + positions)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model_type: bloom, slow_but_exact: true, pretraining_tp: 4 | slow_but_exact is true",
        "model_type: gpt2, add_cross_attention: true | add_cross_attention is true",
        "model_type: gpt_neox, partial_rotary_factor: 0.17 | 1 of a head's 6 numbers",
        "model_type: phi, partial_rotary_factor: 0.1 | 0 of a head's 6 numbers",
        "model_type: gptj, rotary_dim: 3 | rotary_dim is 3",
        "model_type: gptj | rotary_dim is 64",
        "model_type: llama, intermediate_size: 20, partial_rotary_factor: 0.5 |"
            + " partial_rotary_factor is 0.5",
        "model_type: llama, intermediate_size: 20, rope_scaling: {type: mrope} | 'mrope'",
        "model_type: llama, intermediate_size: 20, rope_scaling: {type: linear} | 'factor'",
        "model_type: llama, intermediate_size: 20, hidden_act: prelu | 'prelu'",
        "model_type: falcon, new_decoder_architecture: true, parallel_attn: false |"
            + " parallel_attn is false",
        "model_type: falcon, new_decoder_architecture: true, num_kv_heads: 3 | num_kv_heads is 3",
        "model_type: gemma3_text, intermediate_size: 20, use_bidirectional_attention: true |"
            + " use_bidirectional_attention is true",
        "model_type: qwen2, intermediate_size: 20, num_key_value_heads: 2, layer_types:"
            + " [chunked_attention, full_attention] | layer_types is",
        "model_type: qwen2, intermediate_size: 20, num_key_value_heads: 2, layer_types:"
            + " [full_attention] | a type for each of 2 layers",
        "model_type: mixtral, intermediate_size: 20, num_key_value_heads: 2,"
            + " num_experts_per_tok: 9 | num_experts_per_tok is 9",
        "model_type: gpt_neo, attention_types: [[[global], 1]] | attention_types",
        "model_type: bert, position_embedding_type: relative_key | position_embedding_type is",
        "model_type: bert, is_decoder: true | is_decoder is true",
      })
  void what_is_not_supported_is_refused_by_name(String keys, String says) {
    assertThatThrownBy(() -> TinyModels.full(config(keys)))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(says);
  }

  /** The head that labels tokens is called score in most families. */
  @ParameterizedTest
  @CsvSource({
    "gpt2, GPT2, classifier",
    "gpt_neo, GPTNeo, classifier",
    "gpt_neox, GPTNeoX, classifier",
    "falcon, Falcon, classifier",
    "bloom, Bloom, classifier",
    "llama, Llama, score",
    "bert, Bert, classifier"
  })
  void heads_that_label_tokens_have_their_familys_name(
      String type, String prefix, String head, @TempDir Path folder) {
    ObjectNode config =
        config(
            "model_type: "
                + type
                + ", hidden_size: 32, intermediate_size: 20, num_labels: 3, attention_types: [[[global], 2]]");
    config.putArray("architectures").add(prefix + "ForTokenClassification");
    Map<String, Tensor> all = TinyModels.full(config).transformer().parameters().all();
    assertThat(all).containsKeys(head + ".weight", head + ".bias");
    ModelFiles.write(folder, config, all, DType.F32);
    float[] logits = TinyModels.logits(TinyModels.LOADER.load(folder).transformer(), batch());
    assertThat(logits).hasSize(14 * 3).containsExactly(logits(config), within(0f));
  }
}
