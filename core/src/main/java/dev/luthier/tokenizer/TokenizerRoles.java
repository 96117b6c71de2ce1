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
 * @param mask stands for a token that an encoder guesses; encoding then puts BOS before a text and
 *     EOS behind it, which are named {@code cls_token} and {@code sep_token} as well
 * @param unk stands for what the vocabulary lacks; byte-level BPE lacks nothing, but encoders'
 *     tokenizers name one
 */
public record TokenizerRoles(
    Optional<String> bos,
    Optional<String> eos,
    Optional<String> pad,
    boolean addBos,
    int modelMaxLength,
    Optional<String> chatTemplate,
    Optional<String> mask,
    Optional<String> unk) {

  /** Of a decoder. */
  public TokenizerRoles(
      Optional<String> bos,
      Optional<String> eos,
      Optional<String> pad,
      boolean addBos,
      int modelMaxLength,
      Optional<String> chatTemplate) {
    this(bos, eos, pad, addBos, modelMaxLength, chatTemplate, Optional.empty(), Optional.empty());
  }

  /** Of an encoder that guesses masked tokens. */
  public static TokenizerRoles encoder(
      String cls, String sep, String pad, String unk, String mask, int modelMaxLength) {
    return new TokenizerRoles(
        Optional.of(cls),
        Optional.of(sep),
        Optional.of(pad),
        true,
        modelMaxLength,
        Optional.empty(),
        Optional.of(mask),
        Optional.of(unk));
  }

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
