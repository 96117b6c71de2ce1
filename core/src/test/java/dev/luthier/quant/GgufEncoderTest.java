package dev.luthier.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.format.GgufType;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows of many kinds: what ggml writes, to the last bit. */
class GgufEncoderTest {
  private static final int COLUMNS = 768;
  private static final float[] NONE = {};

  static Stream<GgufType> written() {
    return Arrays.stream(GgufType.values())
        .filter(GgufEncoder::writes)
        .filter(type -> type != GgufType.F32);
  }

  private static float[] encodable(int kind, Random random) {
    float[] row = new float[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) {
      float x = (float) random.nextGaussian();
      row[i] =
          switch (kind) {
            case 0 -> 0f;
            case 1 -> 0.37f;
            case 2 -> -0.37f;
            case 3 -> x * 1e4f;
            case 4 -> x * 1e-6f;
            case 5 -> x * 1e-12f;
            case 6 -> x * 1e-20f;
            case 7 -> x * 1e-41f;
            case 8 -> random.nextInt(97) == 0 ? x * 300 : x * 0.02f;
            case 9 -> -Math.abs(x);
            case 10 -> Math.abs(x) + 3;
            case 11 -> random.nextInt(5) == 0 ? x : 0f;
            case 12 -> random.nextInt(15) - 7;
            case 13 -> i / 32 % 2 == 0 ? 0f : x;
            case 14 -> i / 256 == 1 ? 0f : x * (float) Math.exp(3 * random.nextGaussian());
            case 15 -> 1 + x * 1e-6f;
            default -> x * 0.05f;
          };
    }
    return row;
  }

  private static float[] rows(long seed) {
    Random random = new Random(seed);
    float[] out = new float[64 * COLUMNS];
    for (int row = 0; row < 64; row++) {
      System.arraycopy(encodable(row, random), 0, out, row * COLUMNS, COLUMNS);
    }
    return out;
  }

  private static void assertSame(GgufType type, float[] rows, float[] importance) {
    GgufEncoder encoder = new GgufEncoder(type, COLUMNS, importance);
    int count = rows.length / COLUMNS;
    byte[] found = new byte[count * encoder.rowBytes()];
    encoder.encode(rows, count, found);
    byte[] expected = Ggml.quantize(type, rows, COLUMNS, importance);
    for (int row = 0; row < count; row++) {
      int from = row * encoder.rowBytes();
      int to = from + encoder.rowBytes();
      assertThat(Arrays.mismatch(found, from, to, expected, from, to))
          .as("first byte of row %d of %s that differs", row, type)
          .isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @MethodSource("written")
  void rows_are_what_ggml_writes(GgufType type) {
    assertSame(type, rows(1), NONE);
  }

  /**
   * The library's release (March 2025) keeps codes of values below 1e-15 whose scales are zero, and
   * writes scales that are not numbers for blocks without importance; later ones write zeros.
   */
  private static float[] importance(int run, long seed) {
    Random random = new Random(seed);
    float[] importance = new float[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) {
      boolean zero = run > 0 && (i / run % 3 == 0 || random.nextInt(4) == 0);
      importance[i] = zero ? 0f : (float) Math.exp(3 * random.nextGaussian());
    }
    return importance;
  }

  @ParameterizedTest
  @MethodSource("written")
  void rows_with_importance_are_what_ggml_writes(GgufType type) {
    assertSame(type, largerThan(1e-15f, rows(3)), importance(0, 2));
  }

  @ParameterizedTest
  @MethodSource("written")
  void rows_with_zeros_in_the_importance_are_what_ggml_writes(GgufType type) {
    assertSame(type, largerThan(1e-15f, rows(5)), importance(8, 4));
  }

  private static float[] largerThan(float least, float[] rows) {
    float[] out = rows.clone();
    for (int i = 0; i < out.length; i++) {
      out[i] = Math.abs(out[i]) < least ? 0 : out[i];
    }
    return out;
  }

  static Stream<GgufType> quantized() {
    return written().filter(GgufType::isQuantized);
  }

  /** What is read again of one row. */
  private static float[] decoded(GgufType type, float[] row, float[] importance) {
    GgufEncoder encoder = new GgufEncoder(type, COLUMNS, importance);
    byte[] out = new byte[encoder.rowBytes()];
    encoder.encode(row, 1, out);
    float[] values = new float[COLUMNS];
    for (int i = 0; i < COLUMNS / type.blockValues(); i++) {
      GgufBlocks.decoder(type)
          .orElseThrow()
          .decode(out, i * type.blockBytes(), values, i * type.blockValues());
    }
    return values;
  }

  @ParameterizedTest
  @MethodSource("quantized")
  void blocks_without_importance_are_finite(GgufType type) {
    for (float value : decoded(type, encodable(16, new Random(6)), new float[COLUMNS])) {
      assertThat(value).isFinite();
    }
  }

  @ParameterizedTest
  @MethodSource("quantized")
  void importance_lowers_the_weighted_error(GgufType type) {
    float[] importance = importance(0, 7);
    double plain = 0;
    double weighted = 0;
    Random random = new Random(8);
    for (int row = 0; row < 50; row++) {
      float[] values = encodable(16, random);
      plain += error(values, decoded(type, values, NONE), importance);
      weighted += error(values, decoded(type, values, importance), importance);
    }
    if (type == GgufType.Q8_0) {
      assertThat(weighted).isEqualTo(plain);
    } else {
      assertThat(weighted).isLessThan(0.95 * plain);
    }
  }

  private static double error(float[] values, float[] decoded, float[] importance) {
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      double off = values[i] - decoded[i];
      sum += importance[i] * off * off;
    }
    return sum;
  }

  @Test
  void what_does_not_fit_is_refused() {
    assertThatThrownBy(() -> new GgufEncoder(GgufType.Q4_K, 128, NONE))
        .hasMessageContaining("128 values")
        .hasMessageContaining("blocks of 256");
    assertThatThrownBy(() -> new GgufEncoder(GgufType.Q4_0, 64, new float[32]))
        .hasMessageContaining("importance of 32");
    assertThatThrownBy(() -> new GgufEncoder(GgufType.IQ2_XS, 256, NONE))
        .hasMessageContaining("no encoder of IQ2_XS");
  }
}
