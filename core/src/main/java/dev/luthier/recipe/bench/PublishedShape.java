package dev.luthier.recipe.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.UsageException;
import dev.luthier.format.Json;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Shapes of real models, as their {@code config.json} gives them. */
public enum PublishedShape {
  /**
   * GPT-2 small's width and depth as a Llama: 85 million weights in blocks, small enough to try.
   */
  LLAMA_85M(
      "llama-85m",
      """
      {"model_type": "llama", "vocab_size": 32000, "hidden_size": 768, "intermediate_size": 2048,
       "num_hidden_layers": 12, "num_attention_heads": 12, "num_key_value_heads": 12,
       "max_position_embeddings": 2048, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
       "tie_word_embeddings": false}"""),
  /** TinyLlama/TinyLlama-1.1B. */
  TINYLLAMA(
      "tinyllama-1.1b",
      """
      {"model_type": "llama", "vocab_size": 32000, "hidden_size": 2048, "intermediate_size": 5632,
       "num_hidden_layers": 22, "num_attention_heads": 32, "num_key_value_heads": 4,
       "max_position_embeddings": 2048, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
       "tie_word_embeddings": false}"""),
  /** meta-llama/Llama-3.2-1B. */
  LLAMA_3_2_1B(
      "llama-3.2-1b",
      """
      {"model_type": "llama", "vocab_size": 128256, "hidden_size": 2048, "intermediate_size": 8192,
       "num_hidden_layers": 16, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64,
       "max_position_embeddings": 131072, "rms_norm_eps": 1e-5, "rope_theta": 500000.0,
       "rope_scaling": {"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0,
         "high_freq_factor": 4.0, "original_max_position_embeddings": 8192},
       "tie_word_embeddings": true}"""),
  /** meta-llama/Llama-2-7b-hf. */
  LLAMA_7B(
      "llama-7b",
      """
      {"model_type": "llama", "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008,
       "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32,
       "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
       "tie_word_embeddings": false}""");

  private final String label;
  private final String json;

  PublishedShape(String label, String json) {
    this.label = label;
    this.json = json;
  }

  /**
   * By its name on the command line.
   *
   * @throws UsageException naming all that there are
   */
  public static PublishedShape named(String label) {
    return Arrays.stream(values())
        .filter(s -> s.label.equals(label))
        .findFirst()
        .orElseThrow(
            () -> new UsageException("--shape " + label + ": expected one of " + labels()));
  }

  /** All names. */
  public static String labels() {
    return Arrays.stream(values()).map(s -> s.label).collect(Collectors.joining(", "));
  }

  /** A fresh copy of its configuration. */
  public ObjectNode config() {
    return Json.parse(json, label);
  }

  @Override
  public String toString() {
    return label;
  }
}
