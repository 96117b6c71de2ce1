package dev.luthier.quant;

import dev.luthier.format.GgufType;
import java.util.Optional;

/** Blocks of ggml's types to float32, in ggml's own order of operations. */
final class GgufBlocks {
  private GgufBlocks() {}

  /** Decodes one block. */
  interface Decoder {
    /**
     * Decodes the block that begins at a place.
     *
     * @param to where its values go
     */
    void decode(byte[] in, int at, float[] out, int to);
  }

  /** The type's decoder; empty for types of codebooks, and for plain numbers. */
  static Optional<Decoder> decoder(GgufType type) {
    return Optional.ofNullable(
        switch (type) {
          case Q4_0 -> SmallBlocks::q4Zero;
          case Q4_1 -> SmallBlocks::q4One;
          case Q5_0 -> SmallBlocks::q5Zero;
          case Q5_1 -> SmallBlocks::q5One;
          case Q8_0 -> SmallBlocks::q8Zero;
          case IQ4_NL -> SmallBlocks::iq4Nl;
          case Q2_K -> SuperBlocks::q2;
          case Q3_K -> SuperBlocks::q3;
          case Q4_K -> SuperBlocks::q4;
          case Q5_K -> SuperBlocks::q5;
          case Q6_K -> SuperBlocks::q6;
          case Q8_K -> SuperBlocks::q8;
          case IQ4_XS -> SuperBlocks::iq4Xs;
          case TQ1_0 -> SuperBlocks::tq1;
          case TQ2_0 -> SuperBlocks::tq2;
          default -> null;
        });
  }
}
