package dev.luthier.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The {@code config.json} that a GGUF file's metadata stand for. */
public final class GgufConfig {
  /** Whole numbers: the key after the architecture's name, and config.json's. */
  private static final Map<String, String> WHOLE = new LinkedHashMap<>();

  /** Numbers with a fraction, likewise. */
  private static final Map<String, String> REAL = new LinkedHashMap<>();

  static {
    WHOLE.put("embedding_length", "hidden_size");
    WHOLE.put("block_count", "num_hidden_layers");
    WHOLE.put("feed_forward_length", "intermediate_size");
    WHOLE.put("attention.head_count", "num_attention_heads");
    WHOLE.put("attention.head_count_kv", "num_key_value_heads");
    WHOLE.put("attention.key_length", "head_dim");
    WHOLE.put("context_length", "max_position_embeddings");
    WHOLE.put("attention.sliding_window", "sliding_window");
    WHOLE.put("decoder_block_count", "num_decoder_layers");
    WHOLE.put("attention.relative_buckets_count", "relative_attention_num_buckets");
    WHOLE.put("decoder_start_token_id", "decoder_start_token_id");
    REAL.put("attention.layer_norm_rms_epsilon", "rms_norm_eps");
    REAL.put("attention.layer_norm_epsilon", "layer_norm_eps");
    REAL.put("rope.freq_base", "rope_theta");
    REAL.put("attn_logit_softcapping", "attn_logit_softcapping");
    REAL.put("final_logit_softcapping", "final_logit_softcapping");
  }

  /** Llama 3.1's divisors of frequencies. */
  static final String FREQUENCIES = "rope_freqs.weight";

  /** Phi-3's divisors of frequencies beyond the trained length. */
  static final String LONG = "rope_factors_long.weight";

  /** Phi-3's divisors of frequencies within the trained length. */
  static final String SHORT = "rope_factors_short.weight";

  private static final List<String> NEEDED =
      List.of("embedding_length", "block_count", "attention.head_count");

  private final Gguf file;
  private final GgufFamily family;
  private final GgufMetadata metadata;
  private final ObjectNode config = Json.object();

  private GgufConfig(Gguf file) {
    this.file = file;
    this.family = GgufFamily.of(file);
    this.metadata = file.metadata();
  }

  /**
   * A model's configuration under Hugging Face's names.
   *
   * @throws LuthierException naming the file and the key, if the family is not supported, a setting
   *     is missing, or one has no counterpart
   */
  public static ObjectNode of(Gguf file) {
    return new GgufConfig(file).build();
  }

  private ObjectNode build() {
    config.put("model_type", family.modelType());
    family.said().forEach(config::put);
    WHOLE.forEach((key, name) -> whole(key).ifPresent(v -> put(name, v)));
    REAL.forEach((key, name) -> real(key).ifPresent(v -> put(name, v)));
    for (String key : NEEDED) {
      if (!metadata.has(key(key))) {
        throw wrong(key, "is missing, which every model has");
      }
    }
    mistral();
    gemma();
    falcon();
    config.put("vocab_size", vocabulary());
    config.put("tie_word_embeddings", !has("output.weight"));
    config.put("attention_bias", has("blk.0.attn_q.bias") || has("blk.0.attn_qkv.bias"));
    config.put("mlp_bias", has("blk.0.ffn_up.bias"));
    metadata
        .flag(key("use_parallel_residual"))
        .ifPresent(v -> config.put("use_parallel_residual", v));
    file.tensor("token_types.weight")
        .ifPresent(t -> config.put("type_vocab_size", t.shape().get(0)));
    rotated();
    scaling().ifPresent(s -> config.set("rope_scaling", s));
    token("bos", "bos_token_id");
    token("eos", "eos_token_id");
    token("padding", "pad_token_id");
    return config;
  }

  private void put(String name, long value) {
    family.key(name).ifPresent(k -> config.put(k, value));
  }

  private void put(String name, double value) {
    family.key(name).ifPresent(k -> config.put(k, value));
  }

  private boolean has(String tensor) {
    return file.tensor(tensor).isPresent();
  }

  private String key(String suffix) {
    return family.architecture() + "." + suffix;
  }

  /** Some converters write one number for each block; they must be the same. */
  private Optional<Long> whole(String suffix) {
    if (metadata.values().get(key(suffix)) instanceof GgufValue.Array) {
      List<Long> all = metadata.integers(key(suffix)).stream().distinct().toList();
      if (all.size() != 1) {
        throw wrong(suffix, "is " + all + " over the blocks; blocks must be alike");
      }
      return Optional.of(all.get(0));
    }
    return metadata.integer(key(suffix));
  }

  /** Stored as float32; its shortest decimal is what config.json had: 1e-5, not 9.99999975e-6. */
  private Optional<Double> real(String suffix) {
    return metadata
        .number(key(suffix))
        .map(v -> Double.parseDouble(Float.toString(v.floatValue())));
  }

  /** Llama's architecture has Mistral's and Mixtral's models, too. */
  private void mistral() {
    if (!family.modelType().equals("llama")) {
      return;
    }
    long experts = whole("expert_count").orElse(0L);
    if (experts > 0) {
      config.put("model_type", "mixtral").put("num_local_experts", experts);
      config.put("num_experts_per_tok", whole("expert_used_count").orElse(2L));
      config.put("rope_theta", real("rope.freq_base").orElse(10000.0)); // as llama.cpp
    } else if (config.has("sliding_window")) {
      config.put("model_type", "mistral");
    }
  }

  /**
   * Every sixth block of Gemma 3 sees all of the text. The largest of Gemma 2 and 3 scale scores by
   * another width than the head's.
   */
  private void gemma() {
    if (family.modelType().equals("gemma3_text")) {
      config.put("sliding_window_pattern", 6);
    }
    long blocks = config.path("num_hidden_layers").asLong();
    boolean gemma2 = family.modelType().equals("gemma2");
    boolean gemma3 = family.modelType().equals("gemma3_text");
    if (gemma2 || gemma3) {
      boolean largest = blocks == (gemma2 ? 46 : 62);
      long heads = config.path("num_attention_heads").asLong();
      long wide = config.path("hidden_size").asLong() / Math.max(1, heads);
      config.put("query_pre_attn_scalar", largest ? wide : headDim());
    }
  }

  /** 7B has one key head and one norm, 40B groups of heads and two norms, 11B groups and one. */
  private void falcon() {
    if (!family.modelType().equals("falcon")) {
      return;
    }
    boolean twoNorms = !family.marker().isEmpty();
    boolean grouped = twoNorms || whole("attention.head_count_kv").orElse(1L) > 1;
    config.put("new_decoder_architecture", grouped);
    if (grouped) {
      config.put("num_ln_in_parallel_attn", twoNorms ? 2 : 1);
    }
  }

  /** Of the embedding, since older files do not say it. */
  private long vocabulary() {
    return file.tensor("token_embd.weight")
        .filter(t -> t.shape().size() == 2)
        .map(t -> t.shape().get(0))
        .orElseThrow(
            () ->
                new LuthierException(
                    file.path()
                        + " has no matrix token_embd.weight: it holds a vocabulary or an adapter,"
                        + " not a model"));
  }

  private long headDim() {
    return whole("attention.key_length")
        .orElseGet(
            () ->
                whole("embedding_length").orElse(0L)
                    / Math.max(1, whole("attention.head_count").orElse(1L)));
  }

  private void rotated() {
    if (headDim() < 1) {
      throw wrong("attention.head_count", "leaves no width for a head");
    }
    long rotated = whole("rope.dimension_count").orElse(headDim());
    if (family.traits().contains(GgufFamily.Trait.ROTATES_A_PART)) {
      put("partial_rotary_factor", (double) rotated / headDim());
    } else if (rotated != headDim()) {
      throw wrong(
          "rope.dimension_count",
          "is " + rotated + " of heads of " + headDim() + "; this family rotates all of it");
    }
  }

  private void token(String which, String name) {
    metadata
        .integer("tokenizer.ggml." + which + "_token_id")
        .filter(id -> id < config.path("vocab_size").asLong()) // all bits set stands for none
        .ifPresent(id -> config.put(name, id));
  }

  private Optional<ObjectNode> scaling() {
    if (file.tensor(FREQUENCIES).isPresent()) {
      return llama3(file.tensor(FREQUENCIES).get());
    }
    if (file.tensor(LONG).isPresent()) {
      return Optional.of(longrope());
    }
    String type = metadata.text(key("rope.scaling.type")).orElse("");
    Optional<Double> factor = real("rope.scaling.factor").or(() -> real("rope.scale_linear"));
    ObjectNode out = Json.object();
    switch (type) {
      case "none" -> {
        return Optional.empty();
      }
      case "", "linear" -> {
        if (factor.isEmpty() || factor.get() == 0 || factor.get() == 1) {
          return Optional.empty();
        }
        out.put("rope_type", "linear").put("factor", factor.get());
      }
      case "yarn" -> {
        out.put("rope_type", "yarn");
        factor.ifPresent(f -> out.put("factor", f));
        whole("rope.scaling.original_context_length")
            .ifPresent(n -> out.put("original_max_position_embeddings", n));
      }
      default ->
          throw wrong("rope.scaling.type", "is '" + Problems.shortened(type) + "', not supported");
    }
    return Optional.of(out);
  }

  /**
   * Llama 3.1's rule, of which the file stores what it divides the frequencies by: 1 for high ones,
   * the factor for low ones. All models of the rule have the same bounds of the band between.
   */
  private Optional<ObjectNode> llama3(GgufTensor tensor) {
    float[] divisors = floats(tensor, headDim() / 2);
    float factor = divisors[divisors.length - 1];
    if (factor == 1) {
      return Optional.empty();
    }
    long original = whole("rope.scaling.original_context_length").orElse(8192L);
    double theta = config.path("rope_theta").asDouble(10000);
    for (int i = 0; i < divisors.length; i++) {
      double turns = original * Math.pow(theta, -2.0 * i / headDim()) / (2 * Math.PI);
      double smooth = Math.min(1, Math.max(0, (turns - 1) / 3));
      double expected = 1 / ((1 - smooth) / factor + smooth);
      if (!(Math.abs(divisors[i] - expected) <= 1e-4 * expected)) {
        throw new LuthierException(
            file.path()
                + ": rope_freqs.weight divides frequency "
                + i
                + " by "
                + divisors[i]
                + " where Llama 3.1's rule with factor "
                + factor
                + " divides it by "
                + expected
                + "; other rules are not supported. Give the model's Hugging Face folder instead.");
      }
    }
    ObjectNode out = Json.object();
    out.put("rope_type", "llama3").put("factor", (double) factor);
    out.put("low_freq_factor", 1.0).put("high_freq_factor", 4.0);
    return Optional.of(out.put("original_max_position_embeddings", original));
  }

  /** Phi-3's two tables of divisors, for short and for long texts. */
  private ObjectNode longrope() {
    long rotated = whole("rope.dimension_count").orElse(headDim());
    ObjectNode out = Json.object().put("rope_type", "longrope");
    for (String name : List.of(LONG, SHORT)) {
      GgufTensor tensor =
          file.tensor(name)
              .orElseThrow(() -> new LuthierException(file.path() + " has no tensor " + name));
      ArrayNode list = out.putArray(name.equals(LONG) ? "long_factor" : "short_factor");
      for (float divisor : floats(tensor, rotated / 2)) {
        list.add(Double.parseDouble(Float.toString(divisor)));
      }
    }
    whole("rope.scaling.original_context_length")
        .ifPresent(n -> config.put("original_max_position_embeddings", n));
    real("rope.scaling.attn_factor").ifPresent(f -> out.put("attention_factor", f));
    return out;
  }

  private float[] floats(GgufTensor tensor, long count) {
    if (tensor.type() != GgufType.F32 || tensor.elements() != count || count < 1) {
      throw new LuthierException(
          file.path()
              + ": tensor "
              + tensor.name()
              + " is "
              + tensor.type()
              + " "
              + tensor.shape()
              + "; expected F32 with "
              + count
              + " elements, a divisor for each frequency");
    }
    float[] out = new float[(int) count];
    ByteBuffer bytes = ByteBuffer.allocate(4 * out.length).order(ByteOrder.LITTLE_ENDIAN);
    tensor.read(0, bytes);
    bytes.flip().asFloatBuffer().get(out);
    return out;
  }

  private LuthierException wrong(String suffix, String what) {
    return new LuthierException(
        file.path()
            + ": "
            + key(suffix)
            + " "
            + what
            + ". Give the model's Hugging Face folder instead. See docs/gguf.md#families");
  }
}
