package dev.luthier.format;

import dev.luthier.LuthierException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A family of models as llama.cpp's converter names and stores it, and as Hugging Face does. Adding
 * one is a line here.
 *
 * @param architecture {@code general.architecture}
 * @param modelType {@code model_type} of config.json
 * @param top Hugging Face's module by GGUF's, outside of the blocks
 * @param blocksAt Hugging Face's path of the blocks, before a block's number
 * @param block Hugging Face's module by GGUF's, within a block
 * @param traits what is stored in another way
 * @param config further entries of config.json that GGUF does not store
 */
public record GgufFamily(
    String architecture,
    String modelType,
    Map<String, String> top,
    String blocksAt,
    Map<String, String> block,
    Set<Trait> traits,
    Map<String, String> config) {
  /** What llama.cpp's converter changes. */
  public enum Trait {
    /** Rows of q and k stand in pairs that are rotated together, not in halves. */
    PAIRED_ROWS,
    /** Norms' weights are what they multiply by; Hugging Face stores them less 1. */
    NORMS_PLUS_ONE
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

  private static final List<GgufFamily> ALL =
      List.of(
          new GgufFamily(
              "llama",
              "llama",
              TOP,
              LAYERS,
              BLOCK,
              Set.of(Trait.PAIRED_ROWS),
              Map.of("hidden_act", "silu")));

  /** Where a tensor's name is split: the module, and weight or bias. */
  private static final Set<String> PARTS = Set.of("weight", "bias");

  /** Tensors that the configuration determines. */
  private static final Set<String> COMPUTED = Set.of("rope_freqs.weight");

  /** Copies the maps. */
  public GgufFamily {
    top = Map.copyOf(top);
    block = Map.copyOf(block);
    traits = Set.copyOf(traits);
    config = new TreeMap<>(config);
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

  /** Whether the configuration determines the tensor. */
  public static boolean computes(String name) {
    return COMPUTED.contains(name);
  }

  /** A tensor's Hugging Face name; empty if the family has no such tensor. */
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
        : Optional.ofNullable(block.get(path[2]))
            .map(m -> blocksAt + "." + path[1] + "." + m + part);
  }
}
