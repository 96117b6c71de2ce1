package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What is known of models that are not supported: which supported family is nearest, and how. */
final class Relatives {
  /**
   * A family that is not supported.
   *
   * @param nearest the {@code model_type} of a supported one
   * @param differs what the other has or does
   */
  record Relative(String nearest, String differs) {}

  private static final Map<String, Relative> KNOWN = new TreeMap<>();

  static {
    add("qwen2", "fused projections, and other names for its tensors", "qwen");
    add("qwen2", "a sparse mixture of experts with shared ones", "qwen2_moe");
    add("qwen3", "a sparse mixture of experts", "qwen3_moe");
    add("llama", "latent attention and experts that are shared", "deepseek_v2", "deepseek_v3");
    add("llama", "experts, some of them shared", "deepseek", "granitemoe", "olmoe", "ernie4_5_moe");
    add("llama", "layer norms without weights", "olmo");
    add("llama", "norms after its layers, and normed queries and keys", "olmo2", "olmo3");
    add("llama", "layer norms, of which only a part of each head is turned", "stablelm");
    add("llama", "multipliers of embeddings, residuals, scores and logits", "granite");
    add("llama", "scaled embeddings and residuals", "minicpm", "minicpm3");
    add("llama", "layers without rotary positions", "smollm3");
    add("llama", "layers without rotary positions, and a mixture of experts", "llama4");
    add("llama", "fused projections under other names", "internlm2", "exaone");
    add("llama", "fused projections, and in some sizes ALiBi", "baichuan");
    add("llama", "parallel blocks, layer norms and scaled logits", "cohere", "cohere2");
    add("llama", "layer norms that add 1, and squared ReLU", "nemotron");
    add(
        "llama",
        "another order of turned numbers, and fused projections",
        "chatglm",
        "glm",
        "glm4");
    add("mistral", "layer norms and a plain feed-forward layer with biases", "starcoder2");
    add("mixtral", "layer norms and another router", "phimoe", "dbrx");
    add("mixtral", "state-space layers between its attention", "jamba");
    add("phi3", "sparse attention", "phi3small");
    add("phi3", "images and sound", "phi3_v", "phi4mm", "phi4_multimodal");
    add("gpt2", "one key head, and plain matrices", "gpt_bigcode");
    add("gptj", "fused projections", "codegen");
    add("bloom", "fused projections without biases", "mpt");
    add("opt", "other positions", "xglm", "biogpt");
    add("gemma3_text", "images; its text model alone is of the type gemma3_text", "gemma3");
    add("gemma3_text", "embeddings for each layer", "gemma3n", "gemma3n_text");
    add("mistral", "images", "mistral3", "pixtral");
    add("llama", "images", "llava", "llava_next", "mllama", "idefics2", "idefics3", "smolvlm");
    add("qwen2", "images", "qwen2_vl", "qwen2_5_vl");
    add("bert", "a discriminator for a head, and embeddings of their own width", "electra");
    add("bert", "one block for all layers, and embeddings of their own width", "albert");
    add("bert", "relative positions in its scores", "deberta", "deberta-v2", "mpnet");
    add("bert", "rotary positions, windows and gated layers", "modernbert", "nomic_bert");
    add("t5", "a table of relative positions in each block", "umt5");
    add("t5", "windows", "longt5");
    add("t5", "learned positions, and layer norms", "bart", "mbart", "pegasus", "marian", "led");
    add("t5", "sound", "whisper");
  }

  private Relatives() {}

  private static void add(String nearest, String differs, String... types) {
    for (String type : types) {
      KNOWN.put(type, new Relative(nearest, differs));
    }
  }

  /** The relative of this name, if it is known. */
  static Optional<Relative> known(String modelType) {
    return Optional.ofNullable(KNOWN.get(modelType));
  }

  /** The {@code model_type} of the family that names things as this configuration does. */
  static Optional<String> byKeys(ObjectNode config) {
    if (config.path("text_config").isObject()) {
      return Optional.of(config.path("text_config").path("model_type").asText());
    }
    if (config.path("is_encoder_decoder").asBoolean()) {
      return Optional.of("t5");
    }
    String[][] signs = {
      {"num_local_experts", "mixtral"},
      {"num_experts_per_tok", "mixtral"},
      {"type_vocab_size", "bert"},
      {"rms_norm_eps", "llama"},
      {"rotary_pct", "gpt_neox"},
      {"rotary_dim", "gptj"},
      {"alibi", "falcon"},
      {"do_layer_norm_before", "opt"},
      {"partial_rotary_factor", "phi"},
      {"n_embd", "gpt2"},
      {"num_key_value_heads", "llama"},
    };
    for (String[] sign : signs) {
      if (config.has(sign[0])) {
        return Optional.of(sign[1]);
      }
    }
    return Optional.empty();
  }
}
