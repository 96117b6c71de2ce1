package dev.luthier.recipe;

import dev.luthier.tokenizer.TokenizerRoles;
import java.util.List;

/**
 * The special tokens that an encoder's new tokenizer begins with, in the order of their ids.
 *
 * @param pad fills short rows
 * @param unk stands for what is not in the vocabulary
 * @param cls begins a text
 * @param sep ends it
 * @param mask stands for a token to guess
 * @param names all of them, by id
 */
record MaskTokens(String pad, String unk, String cls, String sep, String mask, List<String> names) {
  private static final MaskTokens BERT =
      new MaskTokens(
          "[PAD]",
          "[UNK]",
          "[CLS]",
          "[SEP]",
          "[MASK]",
          List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));

  /** RoBERTa's positions begin behind the padding id, which is 1. */
  private static final MaskTokens ROBERTA =
      new MaskTokens(
          "<pad>",
          "<unk>",
          "<s>",
          "</s>",
          "<mask>",
          List.of("<s>", "<pad>", "</s>", "<unk>", "<mask>"));

  /** Those of a family. */
  static MaskTokens of(String modelType) {
    return modelType.equals("roberta") ? ROBERTA : BERT;
  }

  TokenizerRoles roles(int positions) {
    return TokenizerRoles.encoder(cls, sep, pad, unk, mask, positions);
  }
}
