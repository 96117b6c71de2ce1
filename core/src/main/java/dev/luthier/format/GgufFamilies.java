package dev.luthier.format;

import dev.luthier.LuthierException;
import dev.luthier.format.GgufFamily.Blocks;
import dev.luthier.format.GgufFamily.Trait;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The families whose GGUF files are read and written. Adding one is an entry here. */
final class GgufFamilies {
  private static final String ACT = "hidden_act";
  private static final String SILU = "silu";
  private static final String GELU = "gelu_pytorch_tanh";

  private static final Map<String, String> TOP =
      Map.of("token_embd", "model.embed_tokens", "output_norm", "model.norm", "output", "lm_head");
  private static final Map<String, String> BLOCK =
      Map.of(
          "attn_norm", "input_layernorm",
          "attn_q", "self_attn.q_proj",
          "attn_k", "self_attn.k_proj",
          "attn_v", "self_attn.v_proj",
          "attn_output", "self_attn.o_proj",
          "ffn_norm", "post_attention_layernorm",
          "ffn_gate", "mlp.gate_proj",
          "ffn_up", "mlp.up_proj",
          "ffn_down", "mlp.down_proj");

  private static final Map<String, String> MIXTURE =
      with(
          BLOCK,
          Map.of(
              "ffn_gate_inp", "block_sparse_moe.gate",
              "ffn_gate_exps", "block_sparse_moe.experts.*.w1",
              "ffn_down_exps", "block_sparse_moe.experts.*.w2",
              "ffn_up_exps", "block_sparse_moe.experts.*.w3"));
  private static final Map<String, String> NORMED_HEADS =
      Map.of("attn_q_norm", "self_attn.q_norm", "attn_k_norm", "self_attn.k_norm");
  private static final Map<String, String> FOUR_NORMS =
      with(
          BLOCK,
          Map.of(
              "post_attention_norm", "post_attention_layernorm",
              "ffn_norm", "pre_feedforward_layernorm",
              "post_ffw_norm", "post_feedforward_layernorm"));

  /** Blocks of one matrix for q, k and v, under the names of BLOOM, Falcon and GPT-NeoX. */
  private static Map<String, String> joined(String attention) {
    return Map.of(
        "attn_norm", "input_layernorm",
        "attn_qkv", attention + ".query_key_value",
        "attn_output", attention + ".dense",
        "ffn_norm", "post_attention_layernorm",
        "ffn_up", "mlp.dense_h_to_4h",
        "ffn_down", "mlp.dense_4h_to_h");
  }

  private static final Map<String, String> FALCON_TOP =
      Map.of(
          "token_embd", "transformer.word_embeddings",
          "output_norm", "transformer.ln_f",
          "output", "lm_head");

  private static final Map<String, String> FALCON_KEYS =
      Map.of(
          "intermediate_size", "ffn_hidden_size",
          "num_key_value_heads", "num_kv_heads",
          "layer_norm_eps", "layer_norm_epsilon");

  private static final Map<String, String> T5_TOP =
      Map.of(
          "token_embd", "shared",
          "enc.output_norm", "encoder.final_layer_norm",
          "dec.output_norm", "decoder.final_layer_norm",
          "output", "lm_head");

  private static final Map<String, String> T5_KEYS =
      Map.ofEntries(
          Map.entry("hidden_size", "d_model"),
          Map.entry("intermediate_size", "d_ff"),
          Map.entry("head_dim", "d_kv"),
          Map.entry("num_hidden_layers", "num_layers"),
          Map.entry("num_attention_heads", "num_heads"),
          Map.entry("num_key_value_heads", ""),
          Map.entry("max_position_embeddings", "n_positions"),
          Map.entry("layer_norm_eps", "layer_norm_epsilon"),
          Map.entry("rms_norm_eps", "layer_norm_epsilon"));

  /** T5's blocks; the names of their feed-forward layer tell whether it is gated. */
  private static Map<String, Blocks> t5(Map<String, String> feedForward) {
    Map<String, String> attention =
        Map.of(
            "attn_norm", "layer.0.layer_norm",
            "attn_q", "layer.0.SelfAttention.q",
            "attn_k", "layer.0.SelfAttention.k",
            "attn_v", "layer.0.SelfAttention.v",
            "attn_o", "layer.0.SelfAttention.o",
            "attn_rel_b", "layer.0.SelfAttention.relative_attention_bias");
    Map<String, String> cross =
        Map.of(
            "cross_attn_norm", "layer.1.layer_norm",
            "cross_attn_q", "layer.1.EncDecAttention.q",
            "cross_attn_k", "layer.1.EncDecAttention.k",
            "cross_attn_v", "layer.1.EncDecAttention.v",
            "cross_attn_o", "layer.1.EncDecAttention.o",
            "cross_attn_rel_b", "layer.1.EncDecAttention.relative_attention_bias");
    return Map.of(
        "enc.blk",
        new Blocks("encoder.block", with(attention, under("layer.1.", feedForward))),
        "dec.blk",
        new Blocks("decoder.block", with(with(attention, cross), under("layer.2.", feedForward))));
  }

  private static final List<GgufFamily> ALL =
      List.of(
          like("llama", "llama", MIXTURE, SILU, Trait.PAIRED_ROWS),
          like("qwen2", "qwen2", BLOCK, SILU),
          like("qwen3", "qwen3", with(BLOCK, NORMED_HEADS), SILU),
          like("gemma", "gemma", BLOCK, GELU, Trait.NORMS_PLUS_ONE),
          like("gemma2", "gemma2", FOUR_NORMS, GELU, Trait.NORMS_PLUS_ONE),
          like("gemma3", "gemma3_text", with(FOUR_NORMS, NORMED_HEADS), GELU, Trait.NORMS_PLUS_ONE),
          like(
              "phi3",
              "phi3",
              with(BLOCK, Map.of("attn_qkv", "self_attn.qkv_proj", "ffn_up", "mlp.gate_up_proj")),
              SILU,
              Trait.ROTATES_A_PART),
          new GgufFamily(
              "phi2",
              "",
              "phi",
              with(TOP, Map.of("output_norm", "model.final_layernorm")),
              layers(
                  "model.layers",
                  with(
                      BLOCK,
                      Map.of(
                          "attn_qkv", "self_attn.[qkv]_proj", // of files before 2024
                          "attn_output", "self_attn.dense",
                          "ffn_up", "mlp.fc1",
                          "ffn_down", "mlp.fc2"))),
              Map.of(),
              Map.of(ACT, "gelu_new"),
              Set.of(Trait.ROTATES_A_PART)),
          new GgufFamily(
              "gpt2",
              "",
              "gpt2",
              Map.of(
                  "token_embd", "transformer.wte",
                  "position_embd", "transformer.wpe",
                  "output_norm", "transformer.ln_f",
                  "output", "lm_head"),
              layers(
                  "transformer.h",
                  Map.of(
                      "attn_norm", "ln_1",
                      "attn_qkv", "attn.c_attn",
                      "attn_output", "attn.c_proj",
                      "ffn_norm", "ln_2",
                      "ffn_up", "mlp.c_fc",
                      "ffn_down", "mlp.c_proj")),
              Map.of(
                  "hidden_size", "n_embd",
                  "num_hidden_layers", "n_layer",
                  "num_attention_heads", "n_head",
                  "num_key_value_heads", "",
                  "max_position_embeddings", "n_positions",
                  "intermediate_size", "n_inner",
                  "layer_norm_eps", "layer_norm_epsilon"),
              Map.of("activation_function", "gelu_new"),
              Set.of(Trait.TURNED)),
          new GgufFamily(
              "gptneox",
              "",
              "gpt_neox",
              Map.of(
                  "token_embd", "gpt_neox.embed_in",
                  "output_norm", "gpt_neox.final_layer_norm",
                  "output", "embed_out"),
              layers("gpt_neox.layers", joined("attention")),
              Map.of("num_key_value_heads", "", "partial_rotary_factor", "rotary_pct"),
              Map.of(ACT, "gelu"),
              Set.of(Trait.GROUPED_ROWS, Trait.ROTATES_A_PART)),
          new GgufFamily(
              "falcon",
              "blk.0.attn_norm_2.weight", // 40B and 180B
              "falcon",
              FALCON_TOP,
              layers(
                  "transformer.h",
                  with(
                      joined("self_attention"),
                      Map.of("attn_norm", "ln_mlp", "attn_norm_2", "ln_attn"))),
              FALCON_KEYS,
              Map.of("activation", "gelu"),
              Set.of(Trait.GROUPED_ROWS)),
          new GgufFamily(
              "falcon",
              "",
              "falcon",
              FALCON_TOP,
              layers("transformer.h", joined("self_attention")),
              FALCON_KEYS,
              Map.of("activation", "gelu"),
              Set.of(Trait.GROUPED_ROWS)),
          new GgufFamily(
              "bloom",
              "",
              "bloom",
              with(FALCON_TOP, Map.of("token_embd_norm", "transformer.word_embeddings_layernorm")),
              layers("transformer.h", joined("self_attention")),
              Map.of(
                  "num_hidden_layers", "n_layer",
                  "num_attention_heads", "n_head",
                  "num_key_value_heads", "",
                  "max_position_embeddings", "seq_length",
                  "intermediate_size", "",
                  "layer_norm_eps", "layer_norm_epsilon"),
              Map.of(),
              Set.of(Trait.GROUPED_ROWS)),
          new GgufFamily(
              "bert",
              "",
              "bert",
              Map.of(
                  "token_embd", "bert.embeddings.word_embeddings",
                  "position_embd", "bert.embeddings.position_embeddings",
                  "token_types", "bert.embeddings.token_type_embeddings",
                  "token_embd_norm", "bert.embeddings.LayerNorm"),
              layers(
                  "bert.encoder.layer",
                  Map.of(
                      "attn_q", "attention.self.query",
                      "attn_k", "attention.self.key",
                      "attn_v", "attention.self.value",
                      "attn_output", "attention.output.dense",
                      "attn_output_norm", "attention.output.LayerNorm",
                      "ffn_up", "intermediate.dense",
                      "ffn_down", "output.dense",
                      "layer_output_norm", "output.LayerNorm")),
              Map.of("num_key_value_heads", ""),
              Map.of(ACT, "gelu"),
              Set.of()),
          new GgufFamily(
              "t5",
              "enc.blk.0.ffn_gate.weight", // 1.1 and Flan
              "t5",
              T5_TOP,
              t5(
                  Map.of(
                      "ffn_norm", "layer_norm",
                      "ffn_gate", "DenseReluDense.wi_0",
                      "ffn_up", "DenseReluDense.wi_1",
                      "ffn_down", "DenseReluDense.wo")),
              T5_KEYS,
              Map.of("feed_forward_proj", "gated-gelu"),
              Set.of()),
          new GgufFamily(
              "t5",
              "",
              "t5",
              T5_TOP,
              t5(
                  Map.of(
                      "ffn_norm", "layer_norm",
                      "ffn_up", "DenseReluDense.wi",
                      "ffn_down", "DenseReluDense.wo")),
              T5_KEYS,
              Map.of("feed_forward_proj", "relu"),
              Set.of()));

  private GgufFamilies() {}

  private static GgufFamily like(
      String architecture,
      String modelType,
      Map<String, String> block,
      String activation,
      Trait... traits) {
    return new GgufFamily(
        architecture,
        "",
        modelType,
        TOP,
        layers("model.layers", block),
        Map.of(),
        Map.of(ACT, activation),
        Set.of(traits));
  }

  private static Map<String, Blocks> layers(String path, Map<String, String> modules) {
    return Map.of("blk", new Blocks(path, modules));
  }

  private static Map<String, String> with(Map<String, String> some, Map<String, String> more) {
    Map<String, String> out = new HashMap<>(some);
    out.putAll(more);
    return out;
  }

  private static Map<String, String> under(String path, Map<String, String> modules) {
    Map<String, String> out = new HashMap<>();
    modules.forEach((gguf, name) -> out.put(gguf, path + name));
    return out;
  }

  /**
   * The family of a file.
   *
   * @throws LuthierException naming the supported ones, if it is none of them
   */
  static GgufFamily of(Gguf file) {
    String architecture = file.metadata().text(GgufFamily.ARCHITECTURE).orElse("");
    return ALL.stream()
        .filter(f -> f.architecture().equals(architecture))
        .filter(f -> f.marker().isEmpty() || file.tensor(f.marker()).isPresent())
        .findFirst()
        .orElseThrow(() -> unknown(file.path(), architecture));
  }

  /** What other names config.json has for a family's model_type. */
  private static final Map<String, String> RELATED =
      Map.of(
          "mistral", "llama",
          "mixtral", "llama",
          "RefinedWeb", "falcon",
          "RefinedWebModel", "falcon",
          "mt5", "t5");

  /**
   * The family of a model that is to be stored: of the layouts of its architecture the first that
   * has a place for every tensor.
   *
   * @throws LuthierException naming what has no place
   */
  static GgufFamily of(String modelType, Set<String> names, String where) {
    String type = RELATED.getOrDefault(modelType, modelType);
    List<GgufFamily> layouts = ALL.stream().filter(f -> f.modelType().equals(type)).toList();
    if (layouts.isEmpty()) {
      throw new LuthierException(
          where
              + ": llama.cpp does not run models of type '"
              + Problems.shortened(modelType)
              + "', so there is no GGUF form of it; it runs "
              + ALL.stream().map(GgufFamily::modelType).distinct().collect(Collectors.joining(", "))
              + ". Use the folder itself, with luthier serve or any server that reads Hugging Face"
              + " folders. See docs/troubleshooting.md#no-gguf-form");
    }
    List<String> homeless = List.of();
    for (GgufFamily layout : layouts) {
      homeless = names.stream().filter(n -> layout.place(n).isEmpty()).sorted().toList();
      if (homeless.isEmpty()) {
        return layout;
      }
    }
    throw new LuthierException(
        where
            + ": llama.cpp's form of '"
            + type
            + "' has no place for "
            + homeless.size()
            + " tensors of this model, such as "
            + homeless.get(0)
            + ". Use the folder itself, with luthier serve or any server that reads Hugging Face"
            + " folders. See docs/troubleshooting.md#no-gguf-form");
  }

  private static LuthierException unknown(Path path, String architecture) {
    return new LuthierException(
        path
            + ": "
            + GgufFamily.ARCHITECTURE
            + " is '"
            + Problems.shortened(architecture)
            + "'; GGUF files are read of "
            + ALL.stream()
                .map(GgufFamily::architecture)
                .distinct()
                .collect(Collectors.joining(", "))
            + ". Give the model's Hugging Face folder instead."
            + " See docs/gguf.md#families");
  }
}
