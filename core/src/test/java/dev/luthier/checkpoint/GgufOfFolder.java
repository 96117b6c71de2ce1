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
import org.bytedeco.javacpp.PointerScope;

/**
 * A Llama folder as llama.cpp's converter would store it, written out plainly. Matrices may be
 * packed as Q8_0.
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
          Map.entry("mlp.down_proj", "ffn_down"));

  private GgufOfFolder() {}

  /**
   * @param packed whether matrices are stored as Q8_0
   */
  static PlantedGguf of(Path folder, boolean packed) {
    JsonNode config = HfFolder.config(folder);
    PlantedGguf out =
        new PlantedGguf()
            .text("general.architecture", "llama")
            .integer("llama.embedding_length", config.path("hidden_size").asInt())
            .integer("llama.block_count", config.path("num_hidden_layers").asInt())
            .integer("llama.feed_forward_length", config.path("intermediate_size").asInt())
            .integer("llama.attention.head_count", config.path("num_attention_heads").asInt())
            .integer("llama.attention.head_count_kv", config.path("num_key_value_heads").asInt())
            .integer("llama.context_length", config.path("max_position_embeddings").asInt())
            .number(
                "llama.attention.layer_norm_rms_epsilon", config.path("rms_norm_eps").asDouble());
    if (config.has("head_dim")) {
      out.integer("llama.attention.key_length", config.path("head_dim").asInt());
    }
    for (SafetensorsFile file : SafetensorsIndex.open(folder)) {
      for (TensorInfo info : file.tensors().values()) {
        try (PointerScope scope = new PointerScope()) {
          put(out, config, info, Tensors.toFloats(TensorFiles.read(file.path(), info)), packed);
        }
      }
    }
    return out;
  }

  private static void put(
      PlantedGguf out, JsonNode config, TensorInfo info, float[] values, boolean packed) {
    String name = info.name();
    List<Long> shape = info.shape();
    long[] sizes = shape.stream().mapToLong(Long::longValue).toArray();
    boolean query = name.contains("q_proj");
    if (query || name.contains("k_proj")) {
      String heads = query ? "num_attention_heads" : "num_key_value_heads";
      values = paired(values, (int) sizes[0], config.path(heads).asInt());
    }
    if (packed && sizes.length == 2) {
      out.tensor(gguf(name), GgufType.Q8_0, packed(values), sizes);
    } else {
      out.tensor(gguf(name), values, sizes);
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

  private static String gguf(String name) {
    int end = name.lastIndexOf('.');
    String module = name.substring(0, end);
    String part = name.substring(end);
    if (!module.startsWith("model.layers.")) {
      return NAMES.get(module) + part;
    }
    String[] path = module.split("\\.", 4);
    return "blk." + path[2] + "." + NAMES.get(path[3]) + part;
  }
}
