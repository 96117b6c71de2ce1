package dev.luthier.tokenizer;

import java.util.Optional;

/**
 * What the special tokens of a new tokenizer are for.
 *
 * @param bos begins a text
 * @param eos ends a text, and an answer
 * @param pad fills short rows of a batch
 * @param addBos whether encoding puts BOS before each text
 * @param modelMaxLength longest input of the model in tokens
 * @param chatTemplate in Jinja
 */
public record TokenizerRoles(
    Optional<String> bos,
    Optional<String> eos,
    Optional<String> pad,
    boolean addBos,
    int modelMaxLength,
    Optional<String> chatTemplate) {

  /** Refuses what cannot be meant. */
  public TokenizerRoles {
    if (addBos && bos.isEmpty()) {
      throw new IllegalArgumentException("addBos needs a BOS token");
    }
    if (modelMaxLength < 1) {
      throw new IllegalArgumentException("modelMaxLength is " + modelMaxLength);
    }
  }
}
