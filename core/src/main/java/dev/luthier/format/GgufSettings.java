package dev.luthier.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The metadata under which llama.cpp finds what {@code config.json} says: {@link GgufConfig} the
 * other way. What llama.cpp has no setting for must be what it assumes; if it is not, the model is
 * refused, for it would run and answer otherwise.
 *
 * @param metadata the keys that begin with the architecture's name
 * @param tensors those that stand for settings, by name
 * @param notes what llama.cpp does otherwise on long texts
 */
public record GgufSettings(
    Map<String, GgufValue> metadata, Map<String, float[]> tensors, List<String> notes) {
  private static final Set<String> SILU = Set.of("silu", "swish");
  private static final Set<String> GELU =
      Set.of(
          "gelu",
          "gelu_python",
          "gelu_new",
          "gelu_pytorch_tanh",
          "gelu_python_tanh",
          "gelu_fast",
          "gelu_accurate");

  /** Families whose norms divide by the root mean square. */
  private static final Set<String> RMS =
      Set.of("llama", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "phi3", "t5");

  /** Families whose heads are turned. */
  private static final Set<String> ROTARY =
      Set.of(
          "llama", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "phi2", "phi3", "gptneox",
          "falcon");

  /** T5's distances beyond which all are one, which llama.cpp has no key for. */
  private static final long FARTHEST = 128;

  private static final long GEMMA_3_PATTERN = 6;
  private static final double GEMMA_3_LOCAL_BASE = 10000;

  /** Makes the maps unmodifiable, keeping their order. */
  public GgufSettings {
    metadata = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    tensors = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    notes = List.copyOf(notes);
  }

  /**
   * The settings of a model.
   *
   * @param config config.json with what the family means by what it leaves out
   * @param family as which it is stored
   * @param shapes of the stored tensors by GGUF's name, row-major
   * @param where the configuration, for messages
   * @throws LuthierException naming all that llama.cpp computes otherwise
   */
  public static GgufSettings of(
      ObjectNode config, GgufFamily family, Map<String, List<Long>> shapes, String where) {
    return new Writer(config, family, shapes, where).write();
  }

  /** How many heads of queries a configuration says. */
  public static long heads(ObjectNode config) {
    return first(config, "num_attention_heads", "n_head", "num_heads", "n_heads")
        .map(JsonNode::asLong)
        .orElse(1L);
  }

  /** How many heads of keys a configuration says. */
  public static long keyHeads(ObjectNode config, GgufFamily family) {
    if (family.architecture().equals("falcon")) {
      boolean grouped =
          config
              .path("new_decoder_architecture")
              .asBoolean(config.path("model_type").asText().equals("RefinedWeb"));
      return grouped
          ? first(config, "num_kv_heads", "n_head_kv").map(JsonNode::asLong).orElse(heads(config))
          : 1;
    }
    return first(config, "num_key_value_heads").map(JsonNode::asLong).orElse(heads(config));
  }

  /** How many blocks a configuration says, of two stacks those of the first. */
  public static int blocks(ObjectNode config) {
    return first(config, "num_hidden_layers", "n_layer", "num_layers", "n_layers")
        .map(JsonNode::asInt)
        .orElse(1);
  }

  private static Optional<JsonNode> first(ObjectNode config, String... keys) {
    for (String key : keys) {
      if (config.hasNonNull(key)) {
        return Optional.of(config.path(key));
      }
    }
    return Optional.empty();
  }

  /** Puts them together. */
  private static final class Writer {
    private final ObjectNode config;
    private final GgufFamily family;
    private final String arch;
    private final Map<String, List<Long>> shapes;
    private final String where;
    private final Map<String, GgufValue> metadata = new LinkedHashMap<>();
    private final Map<String, float[]> tensors = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();
    private final List<String> otherwise = new ArrayList<>();

    Writer(ObjectNode config, GgufFamily family, Map<String, List<Long>> shapes, String where) {
      this.config = config;
      this.family = family;
      this.arch = family.architecture();
      this.shapes = shapes;
      this.where = where;
    }

    GgufSettings write() {
      sizes();
      norms();
      if (ROTARY.contains(arch)) {
        rotary();
      }
      switch (arch) {
        case "llama" -> llama();
        case "qwen2", "qwen3" -> qwen();
        case "gemma2", "gemma3" -> gemma();
        case "phi3" -> whole("attention.sliding_window", (long) number("sliding_window", 0));
        case "falcon" -> falcon();
        case "bert" -> bert();
        case "t5" -> t5();
        case "gptneox" ->
            put("use_parallel_residual", GgufValue.of(flag("use_parallel_residual", true)));
        default -> {}
      }
      assumed();
      if (!otherwise.isEmpty()) {
        throw new LuthierException(
            where
                + ": llama.cpp would compute this model otherwise: "
                + String.join("; ", otherwise)
                + ". Use the folder itself, with luthier serve or any server that reads Hugging"
                + " Face folders. See docs/troubleshooting.md#no-gguf-form");
      }
      return new GgufSettings(metadata, tensors, notes);
    }

    private void put(String key, GgufValue value) {
      metadata.put(arch + "." + key, value);
    }

    private void whole(String key, long value) {
      put(key, GgufValue.uint32(value));
    }

    private void real(String key, double value) {
      put(key, GgufValue.float32(value));
    }

    private double number(String key, double absent) {
      JsonNode value = config.path(key);
      return value.isNumber() ? value.asDouble() : absent;
    }

    private boolean flag(String key, boolean absent) {
      return config.path(key).asBoolean(absent);
    }

    private List<Long> shape(String tensor) {
      return Objects.requireNonNull(shapes.get(tensor), tensor);
    }

    private long hidden() {
      List<Long> table = shape("token_embd.weight");
      return table.get(1);
    }

    private long headDim() {
      return first(config, "head_dim", "d_kv")
          .map(JsonNode::asLong)
          .orElse(hidden() / GgufSettings.heads(config));
    }

    private void sizes() {
      long context =
          first(config, "max_position_embeddings", "n_positions", "seq_length")
              .map(JsonNode::asLong)
              .orElse(arch.equals("t5") ? 512L : 2048L);
      whole("vocab_size", shape("token_embd.weight").get(0));
      whole("context_length", context);
      whole("embedding_length", hidden());
      whole("block_count", GgufSettings.blocks(config));
      String down = arch.equals("t5") ? "enc.blk.0.ffn_down" : "blk.0.ffn_down";
      List<Long> narrow =
          Optional.ofNullable(shapes.get(down + ".weight"))
              .orElseGet(() -> shape(down + "_exps.weight"));
      whole("feed_forward_length", narrow.get(narrow.size() - 1));
      long heads = GgufSettings.heads(config);
      whole("attention.head_count", heads);
      whole("attention.head_count_kv", GgufSettings.keyHeads(config, family));
      if (config.hasNonNull("head_dim") || config.hasNonNull("d_kv")) {
        whole("attention.key_length", headDim());
        whole("attention.value_length", headDim());
      }
    }

    private void norms() {
      if (RMS.contains(arch)) {
        real(
            "attention.layer_norm_rms_epsilon",
            first(config, "rms_norm_eps", "layer_norm_epsilon")
                .map(JsonNode::asDouble)
                .orElse(1e-6));
      }
      if (!RMS.contains(arch) || arch.equals("t5")) {
        double absent = arch.equals("bert") ? 1e-12 : arch.equals("t5") ? 1e-6 : 1e-5;
        real(
            "attention.layer_norm_epsilon",
            first(config, "layer_norm_eps", "layer_norm_epsilon")
                .map(JsonNode::asDouble)
                .orElse(absent));
      }
    }

    private void rotary() {
      GgufRope rope = new GgufRope(config, arch, headDim());
      whole("rope.dimension_count", rope.turned());
      real("rope.freq_base", rope.base());
      rope.scaling().forEach(this::put);
      tensors.putAll(rope.tensors());
      rope.refusal().ifPresent(otherwise::add);
    }

    private void llama() {
      if (config.path("model_type").asText().equals("mixtral")) {
        whole("expert_count", (long) number("num_local_experts", 8));
        whole("expert_used_count", (long) number("num_experts_per_tok", 2));
      }
      if (number("sliding_window", 0) > 0) {
        whole("attention.sliding_window", (long) number("sliding_window", 0));
        window();
      }
    }

    private void window() {
      notes.add(
          "the model sees the last "
              + (long) number("sliding_window", 0)
              + " tokens of a longer text, llama.cpp all of it: longer texts are answered"
              + " otherwise");
    }

    private void qwen() {
      if (flag("use_sliding_window", false) && number("sliding_window", 0) > 0) {
        window();
      }
    }

    /** Scores are divided by the root of the heads' width, but in the largest models. */
    private void gemma() {
      boolean second = arch.equals("gemma2");
      whole("attention.sliding_window", (long) number("sliding_window", 4096));
      boolean largest = GgufSettings.blocks(config) == (second ? 46 : 62);
      double scalar = largest ? (double) hidden() / GgufSettings.heads(config) : headDim();
      equal("query_pre_attn_scalar", scalar, scalar);
      if (second) {
        real("attn_logit_softcapping", number("attn_logit_softcapping", 0));
        real("final_logit_softcapping", number("final_logit_softcapping", 0));
        return;
      }
      equal("final_logit_softcapping", 0, 0);
      equal("sliding_window_pattern", GEMMA_3_PATTERN, GEMMA_3_PATTERN);
      equal("rope_local_base_freq", GEMMA_3_LOCAL_BASE, GEMMA_3_LOCAL_BASE);
    }

    private void falcon() {
      put("tensor_data_layout", GgufValue.of("jploski"));
      equal("alibi", false);
      equal("bias", false);
      equal("parallel_attn", true);
    }

    private void bert() {
      put("attention.causal", GgufValue.of(false));
    }

    private void t5() {
      whole(
          "decoder_block_count", (long) number("num_decoder_layers", GgufSettings.blocks(config)));
      whole(
          "attention.relative_buckets_count", (long) number("relative_attention_num_buckets", 32));
      double start = number("decoder_start_token_id", number("pad_token_id", 0));
      whole("decoder_start_token_id", (long) start);
      equal("relative_attention_max_distance", FARTHEST, FARTHEST);
    }

    private void assumed() {
      String expected =
          family.said().entrySet().stream()
              .filter(e -> !e.getKey().equals("feed_forward_proj"))
              .map(Map.Entry::getValue)
              .findFirst()
              .orElse("gelu");
      String act =
          first(config, "hidden_activation", "activation_function", "hidden_act", "activation")
              .map(JsonNode::asText)
              .orElse(expected);
      Set<String> known = SILU.contains(expected) ? SILU : GELU;
      if (!arch.equals("t5") && !known.contains(act)) {
        otherwise.add("the activation is " + act + ", where it takes " + expected);
      }
      if (arch.equals("t5")) {
        String asked = config.path("feed_forward_proj").asText("relu");
        String there = family.said().getOrDefault("feed_forward_proj", "relu");
        if (!asked.equals(there)) {
          otherwise.add("feed_forward_proj is " + asked + ", where it takes " + there);
        }
      }
      equal("apply_residual_connection_post_layernorm", false);
      equal("scale_attn_by_inverse_layer_idx", false);
      if (arch.equals("gpt2")) {
        equal("scale_attn_weights", true);
      }
    }

    private void equal(String key, double expected, double absent) {
      double found = number(key, absent);
      if (found != expected) {
        otherwise.add(key + " is " + found + ", where it takes " + expected);
      }
    }

    private void equal(String key, boolean expected) {
      if (flag(key, expected) != expected) {
        otherwise.add(key + " is " + !expected + ", where it takes " + expected);
      }
    }
  }
}
