package dev.luthier.tokenizer;

import java.util.List;

/**
 * A byte-level BPE vocabulary as {@link BpeTrainer} makes it. {@link TokenizerWriter} writes it to
 * a model folder.
 *
 * @param vocabulary tokens by id in GPT-2's letters: special tokens, the 256 bytes in GPT-2's
 *     order, then merged tokens
 * @param merges by falling priority
 * @param specialTokens the tokens with the ids from 0 on
 */
public record TrainedBpe(List<String> vocabulary, List<Merge> merges, List<String> specialTokens) {
  /** Copies the lists. */
  public TrainedBpe {
    vocabulary = List.copyOf(vocabulary);
    merges = List.copyOf(merges);
    specialTokens = List.copyOf(specialTokens);
  }

  /**
   * Two tokens that become one, in GPT-2's letters.
   *
   * @param first the left part
   * @param second the right part
   */
  public record Merge(String first, String second) {}
}
