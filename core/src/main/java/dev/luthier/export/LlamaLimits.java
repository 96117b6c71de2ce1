package dev.luthier.export;

import dev.luthier.format.Gguf;
import dev.luthier.format.GgufMetadata;
import java.util.Optional;
import java.util.Set;

/**
 * What the llama.cpp that comes with us cannot run rightly although the file is as it should be,
 * and younger builds run it. Found by running every family in it: {@code LlamaLimitsTest}.
 *
 * @param all why it does not run the model at all
 * @param decoder why, of an encoder and a decoder, only the encoder is right
 */
record LlamaLimits(Optional<String> all, Optional<String> decoder) {
  private static final String WHICH = "the llama.cpp in here (build 4916 of March 2025) ";

  /** What we write and it knows. */
  private static final Set<String> KNOWN =
      Set.of(
          "llama", "qwen2", "gemma", "gemma2", "gemma3", "phi2", "phi3", "gpt2", "gptneox",
          "falcon", "bloom", "bert", "t5");

  /** Numbers of blocks that Gemma 2 was published with: for others it ends its process. */
  private static final Set<Long> GEMMA_2 = Set.of(26L, 42L, 46L);

  static LlamaLimits of(Gguf file) {
    GgufMetadata metadata = file.metadata();
    String architecture = metadata.text("general.architecture").orElse("");
    long blocks = metadata.integer(architecture + ".block_count").orElse(0L);
    return of(
        architecture,
        blocks,
        metadata.integer(architecture + ".decoder_block_count").orElse(blocks));
  }

  /**
   * By what matters of a model.
   *
   * @param blocks of an encoder and a decoder those of the encoder
   * @param decoderBlocks the same number where there is one stack
   */
  static LlamaLimits of(String architecture, long blocks, long decoderBlocks) {
    if (!KNOWN.contains(architecture)) {
      return none("does not know the architecture '" + architecture + "'");
    }
    if (architecture.equals("gemma2") && !GEMMA_2.contains(blocks)) {
      return none("runs Gemma 2 with 26, 42 or 46 blocks alone, and this one has " + blocks);
    }
    if (!architecture.equals("t5")) {
      return new LlamaLimits(Optional.empty(), Optional.empty());
    }
    return blocks == decoderBlocks
        ? new LlamaLimits(Optional.empty(), Optional.of(WHICH + "computes T5's decoder wrongly"))
        : none(
            "runs T5 only where encoder and decoder have the same number of blocks; here they have "
                + blocks
                + " and "
                + decoderBlocks);
  }

  private static LlamaLimits none(String why) {
    return new LlamaLimits(Optional.of(WHICH + why), Optional.empty());
  }

  /** Why something is left that only our own engine can run; empty if nothing is. */
  Optional<String> any() {
    return all.or(() -> decoder);
  }
}
