package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Configurations of tiny models that switch on what their families can do. A new family is one more
 * line. Weights are large, so that mistakes show.
 */
public final class TinyConfigs {
  private static final Map<String, ObjectNode> ALL = new LinkedHashMap<>();

  /** Sizes under Llama's names: D 24, 2 layers, 4 heads of 6 over 2 key heads. */
  private static final String LLAMA =
      "hidden_size: 24, intermediate_size: 20, num_hidden_layers: 2, num_attention_heads: 4,"
          + " num_key_value_heads: 2, max_position_embeddings: 64";

  /** Sizes under GPT-2's names: D 24, 2 layers, 3 heads of 8. */
  private static final String GPT = "n_embd: 24, n_layer: 2, n_head: 3, n_positions: 64";

  /** The same under those in between. */
  private static final String NEO =
      "hidden_size: 24, num_hidden_layers: 2, num_attention_heads: 3, max_position_embeddings: 64";

  static {
    add("llama", LLAMA, "attention_bias: true, mlp_bias: true, head_dim: 8");
    add("llama", LLAMA, "tie_word_embeddings: true, hidden_act: relu2");
    add("mistral", LLAMA, "sliding_window: 5");
    add("mixtral", LLAMA, "num_local_experts: 4, num_experts_per_tok: 2");
    add("mixtral", LLAMA, "num_local_experts: 5, num_experts_per_tok: 3, sliding_window: 4");
    add(
        "mixtral",
        LLAMA,
        "num_local_experts: 4, output_router_logits: true, router_aux_loss_coef: 0.5");
    add("qwen2", LLAMA, "use_sliding_window: true, sliding_window: 4, max_window_layers: 1");
    add("qwen2", LLAMA, "tie_word_embeddings: true");
    add("qwen3", LLAMA, "head_dim: 8");
    add(
        "qwen3",
        LLAMA,
        "head_dim: 6, use_sliding_window: true, sliding_window: 4, layer_types:"
            + " [sliding_attention, full_attention]");
    add("phi", NEO, "intermediate_size: 40, partial_rotary_factor: 0.5");
    add("phi", NEO, "intermediate_size: 40, qk_layernorm: true, num_key_value_heads: 1");
    add("phi3", LLAMA, "sliding_window: 6, head_dim: 8");
    add(
        "phi3",
        LLAMA,
        "head_dim: 8, partial_rotary_factor: 0.75, original_max_position_embeddings: 32,"
            + " rope_scaling: {type: longrope, short_factor: [1.0, 1.5, 2.0], long_factor: [2.0,"
            + " 4.0, 8.0]}");
    add("gemma", LLAMA, "head_dim: 8, num_key_value_heads: 1");
    add(
        "gemma2",
        LLAMA,
        "head_dim: 8, sliding_window: 4, query_pre_attn_scalar: 10, attn_logit_softcapping: 3.0,"
            + " final_logit_softcapping: 4.0");
    add("gemma2", LLAMA, "head_dim: 8, sliding_window: 4");
    add(
        "gemma2",
        LLAMA,
        "head_dim: 8, query_pre_attn_scalar: 8, attn_logit_softcapping: null,"
            + " final_logit_softcapping: null");
    add(
        "gemma3_text",
        LLAMA,
        "head_dim: 8, sliding_window: 4, sliding_window_pattern: 2, query_pre_attn_scalar: 10,"
            + " rope_theta: 100000.0, rope_local_base_freq: 1000.0");
    add("gpt2", GPT, "n_inner: 40");
    add("gpt2", GPT, "scale_attn_by_inverse_layer_idx: true, tie_word_embeddings: false");
    add("gpt2", GPT, "scale_attn_weights: false, activation_function: gelu");
    add(
        "gpt_neo",
        "hidden_size: 24, num_layers: 2, num_heads: 3, max_position_embeddings: 64",
        "attention_types: [[[global, local], 1]], window_size: 4");
    add("gpt2", "n_embd: 16, n_layer: 2, n_positions: 64", "n_head: 1");
    add("gptj", GPT, "rotary_dim: 4");
    add("gpt_neox", NEO, "intermediate_size: 40, rotary_pct: 0.5");
    add(
        "gpt_neox",
        NEO,
        "intermediate_size: 40, use_parallel_residual: false, attention_bias: false");
    add("falcon", NEO, "multi_query: true");
    add("falcon", NEO, "multi_query: true, bias: true");
    add(
        "falcon",
        "hidden_size: 24, num_hidden_layers: 2, num_attention_heads: 6, max_position_embeddings:"
            + " 64",
        "new_decoder_architecture: true, num_kv_heads: 2");
    add(
        "falcon",
        "hidden_size: 24, num_hidden_layers: 2, num_attention_heads: 6, max_position_embeddings:"
            + " 64",
        "new_decoder_architecture: true, num_kv_heads: 3, num_ln_in_parallel_attn: 1");
    add("falcon", NEO, "multi_query: false, alibi: true, bias: true, parallel_attn: false");
    add("opt", NEO, "ffn_dim: 40");
    add("opt", NEO, "ffn_dim: 40, do_layer_norm_before: false, word_embed_proj_dim: 16");
    add("opt", NEO, "ffn_dim: 40, enable_bias: false, _remove_final_layer_norm: true");
    add(
        "opt",
        NEO,
        "ffn_dim: 40, enable_bias: false, layer_norm_elementwise_affine: false,"
            + " activation_function: gelu");
    add("bloom", "hidden_size: 24, n_layer: 2, n_head: 3", "seq_length: 64");
    add(
        "bloom",
        "hidden_size: 24, n_layer: 2, n_head: 6",
        "apply_residual_connection_post_layernorm: true");
    add("bert", NEO, "intermediate_size: 40, layer_norm_eps: 0.00001");
    add("bert", NEO, "intermediate_size: 40, hidden_act: relu, tie_word_embeddings: false");
    add(
        "roberta",
        NEO,
        "intermediate_size: 40, hidden_act: gelu_new, type_vocab_size: 1, pad_token_id: 1");
    add("roberta", NEO, "intermediate_size: 40, tie_word_embeddings: false, pad_token_id: 1");
    add(
        "distilbert",
        "dim: 24, n_layers: 2, n_heads: 3, max_position_embeddings: 64",
        "hidden_dim: 40");
    add(
        "distilbert",
        "dim: 24, n_layers: 2, n_heads: 3, max_position_embeddings: 64",
        "hidden_dim: 40, activation: relu, tie_word_embeddings: false");
    add(
        "bert",
        NEO,
        "intermediate_size: 40, architectures: [BertForSequenceClassification], num_labels: 40");
    add(
        "roberta",
        NEO,
        "intermediate_size: 40, pad_token_id: 1, architectures: [RobertaForSequenceClassification], num_labels: 40");
    add(
        "roberta",
        NEO,
        "intermediate_size: 40, pad_token_id: 1, architectures: [RobertaForTokenClassification], num_labels: 40");
    add(
        "distilbert",
        "dim: 24, n_layers: 2, n_heads: 3, max_position_embeddings: 64",
        "hidden_dim: 40, architectures: [DistilBertForSequenceClassification], num_labels: 40");
  }

  private TinyConfigs() {}

  private static void add(String type, String sizes, String rest) {
    ObjectNode config = of("vocab_size: 40, initializer_range: 0.3, " + sizes);
    config.put("model_type", type).setAll(of(rest));
    ALL.put(type + " " + rest, config);
  }

  /** A configuration without quotes. */
  public static ObjectNode of(String keys) {
    String json = keys.replaceAll("([A-Za-z_][A-Za-z_0-9-]*)", "\"$1\"");
    return Json.parse(
        "{"
            + json.replace("\"true\"", "true")
                .replace("\"false\"", "false")
                .replace("\"null\"", "null")
            + "}",
        "a test");
  }

  /** What is switched on, to the configuration. */
  public static Map<String, ObjectNode> all() {
    Map<String, ObjectNode> out = new LinkedHashMap<>();
    ALL.forEach((name, config) -> out.put(name, config.deepCopy()));
    return out;
  }

  /** The configuration that switches this on, a copy to change. */
  public static ObjectNode get(String setting) {
    return Objects.requireNonNull(ALL.get(setting), setting).deepCopy();
  }

  /** Whether a configuration is an encoder's. */
  public static boolean isEncoder(ObjectNode config) {
    return Families.of(config, "a test").kind() == Transformer.Kind.ENCODER;
  }

  /** One of each family. */
  public static Map<String, ObjectNode> families() {
    Map<String, ObjectNode> out = all();
    out.keySet()
        .removeIf(
            name ->
                Arrays.stream(ALL.keySet().toArray(String[]::new))
                    .filter(n -> n.split(" ", 2)[0].equals(name.split(" ", 2)[0]))
                    .findFirst()
                    .filter(name::equals)
                    .isEmpty());
    return out;
  }
}
