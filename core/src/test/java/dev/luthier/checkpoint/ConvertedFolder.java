package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.format.GgufType;
import dev.luthier.format.HfFolder;
import dev.luthier.format.PlantedGguf;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.SafetensorsIndex;
import dev.luthier.format.TensorInfo;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;

/**
 * A folder of a family before Llama as llama.cpp's {@code convert_hf_to_gguf.py} stores it, rule by
 * rule in plain Java. Matrices whose rows are whole blocks may be packed as Q8_0.
 */
final class ConvertedFolder {
  /** GGUF's name of a module by the end of Hugging Face's; the longest end counts. */
  private static final Map<String, String> MODULES =
      Map.ofEntries(
          Map.entry("transformer.wte", "token_embd"),
          Map.entry("transformer.word_embeddings", "token_embd"),
          Map.entry("gpt_neox.embed_in", "token_embd"),
          Map.entry("bert.embeddings.word_embeddings", "token_embd"),
          Map.entry("shared", "token_embd"),
          Map.entry("transformer.wpe", "position_embd"),
          Map.entry("bert.embeddings.position_embeddings", "position_embd"),
          Map.entry("bert.embeddings.token_type_embeddings", "token_types"),
          Map.entry("bert.embeddings.LayerNorm", "token_embd_norm"),
          Map.entry("transformer.word_embeddings_layernorm", "token_embd_norm"),
          Map.entry("transformer.ln_f", "output_norm"),
          Map.entry("gpt_neox.final_layer_norm", "output_norm"),
          Map.entry("encoder.final_layer_norm", "enc.output_norm"),
          Map.entry("decoder.final_layer_norm", "dec.output_norm"),
          Map.entry("lm_head", "output"),
          Map.entry("embed_out", "output"),
          Map.entry("*.ln_1", "attn_norm"),
          Map.entry("*.input_layernorm", "attn_norm"),
          Map.entry("*.ln_mlp", "attn_norm"),
          Map.entry("*.ln_attn", "attn_norm_2"),
          Map.entry("*.attn.c_attn", "attn_qkv"),
          Map.entry("*.query_key_value", "attn_qkv"),
          Map.entry("*.attn.c_proj", "attn_output"),
          Map.entry("*.self_attention.dense", "attn_output"),
          Map.entry("*.attention.dense", "attn_output"),
          Map.entry("*.ln_2", "ffn_norm"),
          Map.entry("*.post_attention_layernorm", "ffn_norm"),
          Map.entry("*.mlp.c_fc", "ffn_up"),
          Map.entry("*.mlp.dense_h_to_4h", "ffn_up"),
          Map.entry("*.intermediate.dense", "ffn_up"),
          Map.entry("*.mlp.c_proj", "ffn_down"),
          Map.entry("*.mlp.dense_4h_to_h", "ffn_down"),
          Map.entry("*.output.dense", "ffn_down"),
          Map.entry("*.self.query", "attn_q"),
          Map.entry("*.self.key", "attn_k"),
          Map.entry("*.self.value", "attn_v"),
          Map.entry("*.attention.output.dense", "attn_output"),
          Map.entry("*.attention.output.LayerNorm", "attn_output_norm"),
          Map.entry("*.output.LayerNorm", "layer_output_norm"),
          Map.entry("*.layer.0.layer_norm", "attn_norm"),
          Map.entry("*.SelfAttention.relative_attention_bias", "attn_rel_b"),
          Map.entry("encoder*.layer.1.layer_norm", "ffn_norm"),
          Map.entry("decoder*.layer.1.layer_norm", "cross_attn_norm"),
          Map.entry("*.layer.2.layer_norm", "ffn_norm"),
          Map.entry("*.DenseReluDense.wi", "ffn_up"),
          Map.entry("*.DenseReluDense.wi_0", "ffn_gate"),
          Map.entry("*.DenseReluDense.wi_1", "ffn_up"),
          Map.entry("*.DenseReluDense.wo", "ffn_down"));

  private ConvertedFolder() {}

  /**
   * @param arch {@code general.architecture}
   * @param packed whether matrices are stored as Q8_0
   */
  static PlantedGguf of(Path folder, String arch, boolean packed) {
    JsonNode config = HfFolder.config(folder);
    PlantedGguf out = new PlantedGguf().text("general.architecture", arch);
    settings(out, arch, config);
    for (SafetensorsFile file : SafetensorsIndex.open(folder)) {
      for (TensorInfo info : file.tensors().values()) {
        if (info.name().matches("(bert\\.pooler|cls|classifier)\\..*")) {
          continue;
        }
        try (PointerScope scope = new PointerScope()) {
          float[] values = Tensors.toFloats(TensorFiles.read(file.path(), info));
          put(out, arch, config, info, values, packed);
        }
      }
    }
    return out;
  }

  private static int size(JsonNode config, String... names) {
    for (String name : names) {
      if (config.path(name).isInt()) {
        return config.path(name).asInt();
      }
    }
    throw new IllegalArgumentException(names[0]);
  }

  private static void settings(PlantedGguf out, String arch, JsonNode config) {
    int hidden = size(config, "hidden_size", "n_embd", "d_model");
    int heads = heads(config);
    out.integer(arch + ".embedding_length", hidden);
    out.integer(arch + ".block_count", size(config, "num_hidden_layers", "n_layer", "num_layers"));
    out.integer(arch + ".attention.head_count", heads);
    double eps =
        config.has("layer_norm_eps")
            ? config.path("layer_norm_eps").asDouble()
            : config.path("layer_norm_epsilon").asDouble();
    out.number(arch + ".attention.layer_norm_epsilon", eps);
    switch (arch) {
      case "gpt2" -> {
        out.integer("gpt2.context_length", size(config, "n_positions"));
        out.integer("gpt2.feed_forward_length", 4 * hidden);
      }
      case "gptneox" -> {
        out.integer("gptneox.context_length", size(config, "max_position_embeddings"));
        out.integer("gptneox.feed_forward_length", size(config, "intermediate_size"));
        out.integer(
            "gptneox.rope.dimension_count",
            (int) (config.path("rotary_pct").asDouble() * (hidden / heads)));
        out.flag(
            "gptneox.use_parallel_residual", config.path("use_parallel_residual").asBoolean(true));
      }
      case "falcon" -> {
        out.integer("falcon.context_length", 2048); // whatever config.json says
        out.integer("falcon.feed_forward_length", 4 * hidden);
        out.integer("falcon.attention.head_count_kv", config.path("num_kv_heads").asInt(1));
        out.text("falcon.tensor_data_layout", "jploski");
      }
      case "bloom" -> {
        out.integer("bloom.context_length", size(config, "seq_length"));
        out.integer("bloom.feed_forward_length", 4 * hidden);
        out.integer("bloom.attention.head_count_kv", heads);
      }
      case "bert" -> {
        out.integer("bert.context_length", size(config, "max_position_embeddings"));
        out.integer("bert.feed_forward_length", size(config, "intermediate_size"));
        out.flag("bert.attention.causal", false);
      }
      case "t5" -> {
        out.integer("t5.context_length", 512);
        out.integer("t5.feed_forward_length", size(config, "d_ff"));
        out.integer("t5.decoder_block_count", size(config, "num_decoder_layers"));
        out.integer("t5.attention.key_length", size(config, "d_kv"));
        out.integer("t5.attention.value_length", size(config, "d_kv"));
        out.integer(
            "t5.attention.relative_buckets_count", size(config, "relative_attention_num_buckets"));
        out.number("t5.attention.layer_norm_rms_epsilon", eps);
        out.integer("t5.decoder_start_token_id", size(config, "decoder_start_token_id"));
        out.integer("tokenizer.ggml.padding_token_id", size(config, "pad_token_id"));
      }
      default -> throw new IllegalArgumentException(arch);
    }
  }

  private static int heads(JsonNode config) {
    return size(config, "num_attention_heads", "n_head", "num_heads");
  }

  private static void put(
      PlantedGguf out,
      String arch,
      JsonNode config,
      TensorInfo info,
      float[] stored,
      boolean packed) {
    String name = info.name();
    long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
    float[] values = stored;
    if (arch.equals("gpt2") && name.matches(".*\\.(c_attn|c_proj|c_fc)\\.weight")) {
      values = transposed(values, (int) shape[0], (int) shape[1]);
      shape = new long[] {shape[1], shape[0]};
    }
    if (name.contains("query_key_value")) {
      int heads = heads(config);
      int keys = arch.equals("falcon") ? config.path("num_kv_heads").asInt(1) : heads;
      values = byKind(values, (int) shape[0], heads, keys);
    }
    boolean fits = shape.length == 2 && shape[1] % 32 == 0;
    if (packed && fits) {
      out.tensor(gguf(name), GgufType.Q8_0, GgufOfFolder.packed(values), shape);
    } else {
      out.tensor(gguf(name), values, shape);
    }
  }

  private static float[] transposed(float[] values, int rows, int columns) {
    float[] out = new float[values.length];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        out[j * rows + i] = values[i * columns + j];
      }
    }
    return out;
  }

  /** All queries, then all keys, then all values, of what stands by key head. */
  private static float[] byKind(float[] values, int rows, int heads, int keys) {
    int width = values.length / rows;
    int e = rows / (heads + 2 * keys);
    int queries = heads / keys;
    float[] out = new float[values.length];
    for (int row = 0; row < rows; row++) {
      int group = row / ((queries + 2) * e);
      int within = row % ((queries + 2) * e);
      int to =
          within < queries * e
              ? group * queries * e + within
              : within < (queries + 1) * e
                  ? heads * e + group * e + within - queries * e
                  : (heads + keys) * e + group * e + within - (queries + 1) * e;
      System.arraycopy(values, row * width, out, to * width, width);
    }
    return out;
  }

  private static String gguf(String name) {
    int end = name.lastIndexOf('.');
    String module = name.substring(0, end);
    String prefix = "";
    if (module.matches(".*\\.\\d+\\..*")) {
      String number = module.replaceFirst("^\\D*\\.(\\d+)\\..*", "$1");
      boolean t5 = module.contains(".block.");
      prefix = (t5 ? module.substring(0, 3) + "." : "") + "blk." + number + ".";
    }
    return prefix + kind(module) + name.substring(end);
  }

  private static String kind(String module) {
    String t5 = module.substring(module.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    if (module.matches(".*\\.SelfAttention\\.[qkvo]")) {
      return "attn_" + t5;
    }
    if (module.matches(".*\\.EncDecAttention\\.[qkvo]")) {
      return "cross_attn_" + t5;
    }
    String best = "";
    for (String pattern : MODULES.keySet()) {
      String regex = pattern.replace(".", "\\.").replace("*", ".*");
      if (module.matches(regex) && pattern.length() > best.length()) {
        best = pattern;
      }
    }
    return Objects.requireNonNull(MODULES.get(best), module);
  }
}
