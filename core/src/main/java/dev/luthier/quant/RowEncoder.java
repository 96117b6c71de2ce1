package dev.luthier.quant;

import dev.luthier.format.GgufType;
import java.util.Optional;
import java.util.function.Supplier;

/** Rows of float32 to blocks of one of ggml's types. It has buffers, so each thread has its own. */
interface RowEncoder {
  /**
   * Encodes one row.
   *
   * @param from where the row begins in {@code in}
   * @param columns whole blocks
   * @param importance how much each column's error counts; empty for the type's own rule
   * @param at where its blocks go in {@code out}
   */
  void encode(float[] in, int from, int columns, float[] importance, byte[] out, int at);

  /** What makes encoders of the type; empty for types that are not written. */
  static Optional<Supplier<RowEncoder>> of(GgufType type) {
    return Optional.ofNullable(
        switch (type) {
          case F32 -> () -> PlainRows::f32;
          case F16 -> () -> PlainRows::f16;
          case BF16 -> () -> PlainRows::bf16;
          case Q8_0 -> () -> SmallEncoder::q8Zero;
          case Q4_0 -> () -> new SmallEncoder(4, false);
          case Q4_1 -> () -> new SmallEncoder(4, true);
          case Q5_0 -> () -> new SmallEncoder(5, false);
          case Q5_1 -> () -> new SmallEncoder(5, true);
          case IQ4_NL -> () -> new UnevenEncoder(32);
          case IQ4_XS -> () -> new UnevenEncoder(256);
          case Q2_K -> () -> new AffineEncoder(AffineEncoder.Layout.Q2);
          case Q4_K -> () -> new AffineEncoder(AffineEncoder.Layout.Q4);
          case Q5_K -> () -> new AffineEncoder(AffineEncoder.Layout.Q5);
          case Q3_K -> Q3Encoder::new;
          case Q6_K -> Q6Encoder::new;
          default -> null;
        });
  }
}
