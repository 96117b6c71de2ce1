package dev.luthier.format;

import dev.luthier.LuthierException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A family of models as llama.cpp's converter names and stores it, and as Hugging Face does. Adding
 * one is a line here.
 *
 * @param architecture {@code general.architecture}
 * @param modelType {@code model_type} of config.json
 * @param top Hugging Face's module by GGUF's, outside of the blocks
 * @param block Hugging Face's module by GGUF's, within a block; an asterisk is the number of an
 *     expert, whose matrices GGUF stacks
 * @param traits what is stored in another way
 * @param activation {@code hidden_act} of config.json, which GGUF does not store
 */
public record GgufFamily(
    String architecture,
    String modelType,
    Map<String, String> top,
    Map<String, String> block,
    Set<Trait> traits,
    String activation) {
  /** What llama.cpp's converter changes. */
  public enum Trait {
    /** Rows of q and k stand in pairs that are rotated together, not in halves. */
    PAIRED_ROWS,
    /** Norms' weights are what they multiply by; Hugging Face stores them less 1. */
    NORMS_PLUS_ONE,
    /** A part of each head's width is rotated. */
    ROTATES_A_PART
  }

  /** The key that names the family. */
  public static final String ARCHITECTURE = "general.architecture";

  private static final Map<String, String> TOP =
      Map.of("token_embd", "model.embed_tokens", "output_norm", "model.norm", "output", "lm_head");
  private static final String LAYERS = "model.layers";
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
  private static final String SILU = "silu";
  private static final String GELU = "gelu_pytorch_tanh";

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
              "phi",
              with(TOP, Map.of("output_norm", "model.final_layernorm")),
              with(
                  BLOCK,
                  Map.of(
                      "attn_output", "self_attn.dense",
                      "ffn_up", "mlp.fc1",
                      "ffn_down", "mlp.fc2")),
              Set.of(Trait.ROTATES_A_PART),
              "gelu_new"));

  private static GgufFamily like(
      String architecture,
      String modelType,
      Map<String, String> block,
      String activation,
      Trait... traits) {
    return new GgufFamily(architecture, modelType, TOP, block, Set.of(traits), activation);
  }

  private static Map<String, String> with(Map<String, String> some, Map<String, String> more) {
    Map<String, String> out = new HashMap<>(some);
    out.putAll(more);
    return out;
  }

  /** Where a tensor's name is split: the module, and weight or bias. */
  private static final Set<String> PARTS = Set.of("weight", "bias");

  /** Tensors that become part of the configuration. */
  private static final Set<String> COMPUTED =
      Set.of("rope_freqs.weight", GgufConfig.LONG, GgufConfig.SHORT);

  /** Copies the maps. */
  public GgufFamily {
    top = Map.copyOf(top);
    block = Map.copyOf(block);
    traits = Set.copyOf(traits);
  }

  /**
   * The family of a file.
   *
   * @throws LuthierException naming the supported ones, if it is none of them
   */
  public static GgufFamily of(Gguf file) {
    String architecture = file.metadata().text(ARCHITECTURE).orElse("");
    return ALL.stream()
        .filter(f -> f.architecture.equals(architecture))
        .findFirst()
        .orElseThrow(() -> unknown(file.path(), architecture));
  }

  private static LuthierException unknown(Path path, String architecture) {
    return new LuthierException(
        path
            + ": "
            + ARCHITECTURE
            + " is '"
            + Problems.shortened(architecture)
            + "'; GGUF files are read of "
            + ALL.stream().map(GgufFamily::architecture).collect(Collectors.joining(", "))
            + ". Give the model's Hugging Face folder instead."
            + " See docs/gguf.md#families");
  }

  /** Whether the tensor becomes part of the configuration. */
  public static boolean computes(String name) {
    return COMPUTED.contains(name);
  }

  /**
   * A tensor's Hugging Face name, maybe with an asterisk for experts; empty if the family has no
   * such tensor.
   */
  public Optional<String> name(String gguf) {
    int end = gguf.lastIndexOf('.');
    if (end < 0 || !PARTS.contains(gguf.substring(end + 1))) {
      return Optional.empty();
    }
    String part = gguf.substring(end);
    String module = gguf.substring(0, end);
    if (!module.startsWith("blk.")) {
      return Optional.ofNullable(top.get(module)).map(m -> m + part);
    }
    String[] path = module.split("\\.", 3);
    return path.length < 3 || !path[1].matches("\\d{1,6}")
        ? Optional.empty()
        : Optional.ofNullable(block.get(path[2])).map(m -> LAYERS + "." + path[1] + "." + m + part);
  }
}
