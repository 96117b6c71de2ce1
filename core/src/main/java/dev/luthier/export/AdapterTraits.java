package dev.luthier.export;

import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What servers ask of an adapter, whether it is in a folder or only settings yet.
 *
 * @param family the base's {@code model_type}; empty if it is not known
 * @param method PEFT's name for the kind of adapter
 * @param ranks of A and B, all that occur
 * @param alpha numerator of the scale
 * @param rsLora whether the scale is alpha / sqrt(rank)
 * @param patterns {@code rank_pattern} or {@code alpha_pattern} where they are set
 * @param targets last names of the adapted modules
 * @param missing targets that the base has no module for
 * @param someLayers whether only some of the blocks are adapted
 * @param modulesToSave modules that are saved whole
 * @param bias none, all or lora_only
 * @param tokenRows rows of the embedding that are trained beside the adapter
 * @param tables whole embeddings and heads that stand among its weights, by name
 * @param tableBytes their size
 * @param tiedHead whether the base's head is its embedding
 * @param task PEFT's task type
 * @param features switches of newer or other PEFT methods that are on, such as {@code use_dora}
 * @param quantizedBase how the base was quantized in training
 * @param otherBase why the model is not the one that the adapter was trained over
 */
public record AdapterTraits(
    Optional<String> family,
    String method,
    SortedSet<Integer> ranks,
    double alpha,
    boolean rsLora,
    List<String> patterns,
    SortedSet<String> targets,
    List<String> missing,
    boolean someLayers,
    List<String> modulesToSave,
    String bias,
    int tokenRows,
    List<String> tables,
    long tableBytes,
    boolean tiedHead,
    Optional<String> task,
    List<String> features,
    Optional<String> quantizedBase,
    Optional<String> otherBase) {
  /** Copies the collections. */
  public AdapterTraits {
    ranks = new TreeSet<>(ranks);
    patterns = List.copyOf(patterns);
    targets = new TreeSet<>(targets);
    missing = List.copyOf(missing);
    modulesToSave = List.copyOf(modulesToSave);
    tables = List.copyOf(tables);
    features = List.copyOf(features);
  }

  /** The largest rank. */
  public int rank() {
    return ranks.last();
  }

  /** Whether the head carries an adapter. */
  boolean headLora() {
    return targets.contains("lm_head");
  }

  /** Whether the embedding carries an adapter. */
  boolean embeddingLora() {
    return targets.contains("embed_tokens") || targets.contains("wte");
  }
}
