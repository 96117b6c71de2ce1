package dev.luthier.quant;

import dev.luthier.format.GgufType;
import dev.luthier.tensor.Parallel;
import java.util.function.Supplier;

/**
 * Rows of float32 to one of ggml's types, byte for byte what llama.cpp writes ({@code
 * ggml_quantize_chunk}): float32 operations in its order, without fused multiply-adds. Rows do not
 * depend on each other, so a matrix may be given in parts.
 *
 * <p>With an importance matrix (Kawrakow, llama.cpp pull request 4861), codes and scales minimize
 * the error weighted by the mean square of each column's input.
 */
public final class GgufEncoder {
  /** Values in a part of a parallel loop. */
  private static final int PART = 16 * 1024;

  private final GgufType type;
  private final int columns;
  private final float[] importance;
  private final Supplier<RowEncoder> encoders;

  /**
   * Encodes rows of one matrix.
   *
   * @param columns values of a row: whole blocks
   * @param importance per column, not below zero; empty without an importance matrix. F32, F16,
   *     BF16 and Q8_0 do not use it.
   * @throws IllegalArgumentException for a type that is not written, and if columns or importance
   *     do not fit it
   */
  public GgufEncoder(GgufType type, int columns, float[] importance) {
    if (columns <= 0
        || columns % type.blockValues() != 0
        || (importance.length != 0 && importance.length != columns)) {
      throw new IllegalArgumentException(
          "rows of "
              + columns
              + " values with importance of "
              + importance.length
              + " as "
              + type
              + ", which has blocks of "
              + type.blockValues());
    }
    this.type = type;
    this.columns = columns;
    this.importance = importance.clone();
    encoders =
        RowEncoder.of(type)
            .orElseThrow(() -> new IllegalArgumentException("no encoder of " + type));
  }

  /** Whether blocks of this type can be encoded. */
  public static boolean writes(GgufType type) {
    return RowEncoder.of(type).isPresent();
  }

  /** Bytes of an encoded row. */
  public int rowBytes() {
    return columns / type.blockValues() * type.blockBytes();
  }

  /**
   * Encodes rows that stand together, on all threads.
   *
   * @param values at least {@code rows * columns} of them, from index 0
   * @param out where the blocks go, from index 0: {@code rows * rowBytes()} bytes
   */
  public void encode(float[] values, int rows, byte[] out) {
    int bytes = rowBytes();
    Parallel.ranges(
        rows,
        Math.max(1, PART / columns),
        (from, to) -> {
          RowEncoder encoder = encoders.get();
          for (int row = (int) from; row < to; row++) {
            encoder.encode(values, row * columns, columns, importance, out, row * bytes);
          }
        });
  }
}
