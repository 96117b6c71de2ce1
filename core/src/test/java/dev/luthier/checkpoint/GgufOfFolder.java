package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.format.GgufType;
import dev.luthier.format.HfFolder;
import dev.luthier.format.PlantedGguf;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.SafetensorsIndex;
import dev.luthier.format.TensorInfo;
import dev.luthier.tensor.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;

/**
 * A folder as llama.cpp's converter would store it, written out plainly. Matrices may be packed as
 * Q8_0.
 */
final class GgufOfFolder {
  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("model.embed_tokens", "token_embd"),
          Map.entry("model.norm", "output_norm"),
          Map.entry("lm_head", "output"),
          Map.entry("input_layernorm", "attn_norm"),
          Map.entry("self_attn.q_proj", "attn_q"),
          Map.entry("self_attn.k_proj", "attn_k"),
          Map.entry("self_attn.v_proj", "attn_v"),
          Map.entry("self_attn.o_proj", "attn_output"),
          Map.entry("post_attention_layernorm", "ffn_norm"),
          Map.entry("mlp.gate_proj", "ffn_gate"),
          Map.entry("mlp.up_proj", "ffn_up"),
          Map.entry("mlp.down_proj", "ffn_down"),
          Map.entry("self_attn.q_norm", "attn_q_norm"),
          Map.entry("self_attn.k_norm", "attn_k_norm"),
          Map.entry("pre_feedforward_layernorm", "ffn_norm"),
          Map.entry("post_feedforward_layernorm", "post_ffw_norm"),
          Map.entry("self_attn.qkv_proj", "attn_qkv"),
          Map.entry("mlp.gate_up_proj", "ffn_up"),
          Map.entry("model.final_layernorm", "output_norm"),
          Map.entry("self_attn.dense", "attn_output"),
          Map.entry("mlp.fc1", "ffn_up"),
          Map.entry("mlp.fc2", "ffn_down"),
          Map.entry("block_sparse_moe.gate", "ffn_gate_inp"));

  private GgufOfFolder() {}

  /**
   * @param packed whether matrices are stored as Q8_0
   */
  static PlantedGguf of(Path folder, boolean packed) {
    return of(folder, "llama", packed);
  }

  static PlantedGguf of(Path folder, String arch, boolean packed) {
    JsonNode config = HfFolder.config(folder);
    PlantedGguf out =
        new PlantedGguf()
            .text("general.architecture", arch)
            .integer(arch + ".embedding_length", config.path("hidden_size").asInt())
            .integer(arch + ".block_count", config.path("num_hidden_layers").asInt())
            .integer(arch + ".feed_forward_length", config.path("intermediate_size").asInt())
            .integer(arch + ".attention.head_count", config.path("num_attention_heads").asInt())
            .integer(arch + ".attention.head_count_kv", config.path("num_key_value_heads").asInt())
            .integer(arch + ".context_length", config.path("max_position_embeddings").asInt());
    number(out, config, "rms_norm_eps", arch + ".attention.layer_norm_rms_epsilon");
    number(out, config, "layer_norm_eps", arch + ".attention.layer_norm_epsilon");
    number(out, config, "rope_theta", arch + ".rope.freq_base");
    number(out, config, "attn_logit_softcapping", arch + ".attn_logit_softcapping");
    number(out, config, "final_logit_softcapping", arch + ".final_logit_softcapping");
    integer(out, config, "head_dim", arch + ".attention.key_length");
    integer(out, config, "sliding_window", arch + ".attention.sliding_window");
    integer(out, config, "num_local_experts", arch + ".expert_count");
    integer(out, config, "num_experts_per_tok", arch + ".expert_used_count");
    if (config.has("partial_rotary_factor")) {
      int width = config.path("hidden_size").asInt() / config.path("num_attention_heads").asInt();
      out.integer(
          arch + ".rope.dimension_count",
          Math.round(width * config.path("partial_rotary_factor").asDouble()));
    }
    Map<String, float[]> experts = new TreeMap<>();
    Map<String, long[]> shapes = new TreeMap<>();
    for (SafetensorsFile file : SafetensorsIndex.open(folder)) {
      for (TensorInfo info : file.tensors().values()) {
        try (PointerScope scope = new PointerScope()) {
          float[] values = Tensors.toFloats(TensorFiles.read(file.path(), info));
          if (info.name().contains(".experts.")) {
            stack(info, values, config.path("num_local_experts").asInt(), experts, shapes);
          } else {
            put(out, arch, config, info, values, packed);
          }
        }
      }
    }
    experts.forEach((name, values) -> out.tensor(name, values, get(shapes, name)));
    return out;
  }

  private static <T> T get(Map<String, T> map, String key) {
    return Objects.requireNonNull(map.get(key), key);
  }

  private static void number(PlantedGguf out, JsonNode config, String from, String to) {
    if (config.has(from)) {
      out.number(to, config.path(from).asDouble());
    }
  }

  private static void integer(PlantedGguf out, JsonNode config, String from, String to) {
    if (config.has(from)) {
      out.integer(to, config.path(from).asInt());
    }
  }

  private static void stack(
      TensorInfo info,
      float[] values,
      int count,
      Map<String, float[]> experts,
      Map<String, long[]> shapes) {
    String[] path = info.name().split("\\."); // model.layers.N.block_sparse_moe.experts.E.w1.weight
    String kind = get(Map.of("w1", "gate", "w2", "down", "w3", "up"), path[6]);
    String name = "blk." + path[2] + ".ffn_" + kind + "_exps.weight";
    float[] all = experts.computeIfAbsent(name, n -> new float[count * values.length]);
    System.arraycopy(values, 0, all, Integer.parseInt(path[5]) * values.length, values.length);
    shapes.put(name, new long[] {count, info.shape().get(0), info.shape().get(1)});
  }

  private static void put(
      PlantedGguf out,
      String arch,
      JsonNode config,
      TensorInfo info,
      float[] stored,
      boolean packed) {
    float[] values = stored;
    String name = info.name();
    List<Long> shape = info.shape();
    long[] sizes = shape.stream().mapToLong(Long::longValue).toArray();
    boolean query = name.contains("q_proj");
    if (arch.startsWith("gemma") && name.contains("norm")) {
      for (int i = 0; i < values.length; i++) {
        values[i]++;
      }
    }
    if (arch.equals("llama") && (query || name.contains("k_proj"))) {
      String heads = query ? "num_attention_heads" : "num_key_value_heads";
      values = paired(values, (int) sizes[0], config.path(heads).asInt());
    }
    if (packed && sizes.length == 2) {
      out.tensor(gguf(arch, name), GgufType.Q8_0, packed(values), sizes);
    } else {
      out.tensor(gguf(arch, name), values, sizes);
    }
  }

  /** Row 2 i + j of a head is its row j E/2 + i. */
  private static float[] paired(float[] values, int rows, int heads) {
    float[] out = new float[values.length];
    int width = values.length / rows;
    int e = rows / heads;
    for (int h = 0; h < heads; h++) {
      for (int j = 0; j < 2; j++) {
        for (int i = 0; i < e / 2; i++) {
          int from = h * e + j * e / 2 + i;
          int to = h * e + 2 * i + j;
          System.arraycopy(values, from * width, out, to * width, width);
        }
      }
    }
    return out;
  }

  /** Scales are powers of two, so that values packed once come back the same. */
  static byte[] packed(float[] values) {
    ByteBuffer out = ByteBuffer.allocate(values.length / 32 * 34).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < values.length; at += 32) {
      float most = 0;
      for (int i = 0; i < 32; i++) {
        most = Math.max(most, Math.abs(values[at + i]));
      }
      int exponent = Math.max(-14, Math.getExponent(most) - 5);
      out.putShort((short) (exponent + 15 << 10));
      for (int i = 0; i < 32; i++) {
        int q = Math.round(values[at + i] / (float) Math.pow(2, exponent));
        out.put((byte) Math.max(-127, Math.min(127, q)));
      }
    }
    return out.array();
  }

  private static String gguf(String arch, String name) {
    int end = name.lastIndexOf('.');
    String module = name.substring(0, end);
    String part = name.substring(end);
    if (!module.startsWith("model.layers.")) {
      return get(NAMES, module) + part;
    }
    String[] path = module.split("\\.", 4);
    boolean four = arch.matches("gemma[23]") && path[3].equals("post_attention_layernorm");
    return "blk." + path[2] + "." + (four ? "post_attention_norm" : get(NAMES, path[3])) + part;
  }
}
