package dev.luthier.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.format.GgufType;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** ggml's blocks, held to the formulas of their layouts. */
class GgufMatrixTest {
  static Stream<GgufType> read() {
    return Arrays.stream(GgufType.values()).filter(GgufMatrix::reads);
  }

  /** Random bytes whose 16-bit floats are finite. */
  private static byte[] random(GgufType type, int blocks, long seed) {
    byte[] out = new byte[blocks * type.blockBytes()];
    new Random(seed).nextBytes(out);
    for (int i = 1; i < out.length; i++) {
      // Both halves of a float16 that is infinite have their five exponent bits set.
      if ((out[i] & 0x7C) == 0x7C) {
        out[i] ^= 0x44;
      }
    }
    return out;
  }

  private static double[] expected(GgufType type, byte[] bytes) {
    int blocks = bytes.length / type.blockBytes();
    double[] out = new double[blocks * type.blockValues()];
    for (int i = 0; i < blocks; i++) {
      int at = i * type.blockBytes();
      double[] block =
          GgufLayout.values(type, Arrays.copyOfRange(bytes, at, at + type.blockBytes()));
      System.arraycopy(block, 0, out, i * type.blockValues(), block.length);
    }
    return out;
  }

  private static GgufMatrix matrix(GgufType type, byte[] bytes, int rows) {
    int perRow = bytes.length / rows;
    return new GgufMatrix(
        type,
        (long) perRow / type.blockBytes() * type.blockValues(),
        Tensors.uint8(bytes, rows, perRow));
  }

  @ParameterizedTest
  @MethodSource("read")
  void every_value_is_what_the_layout_says(GgufType type) {
    try (PointerScope scope = new PointerScope()) {
      int rows = 700; // several parts of the parallel loop
      byte[] bytes = random(type, rows * 768 / type.blockValues(), 5);
      double[] expected = expected(type, bytes);
      float[] found = Tensors.toFloats(matrix(type, bytes, rows).dequantize(ScalarType.Float));
      assertThat(found).hasSameSizeAs(expected);
      double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
      assertThat(largest).isPositive();
      for (int i = 0; i < found.length; i++) {
        // Sums of a scaled code and a minimum cancel; their parts are below twice the largest.
        assertThat((double) found[i])
            .as("value " + i)
            .isCloseTo(expected[i], within(4e-7 * largest));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("read")
  void bfloat16_is_float32_rounded_once_also_into_rows_that_stand_apart(GgufType type) {
    try (PointerScope scope = new PointerScope()) {
      GgufMatrix matrix = matrix(type, random(type, 5 * 512 / type.blockValues(), 6), 5);
      Tensor rounded = matrix.dequantize(ScalarType.Float).to(ScalarType.BFloat16);
      Tensor wide = torch.zeros(5, 600).to(ScalarType.BFloat16);
      Tensor target = wide.narrow(1, 40, 512);
      matrix.dequantizeInto(target);
      assertThat(target.equal(rounded)).isTrue();
      assertThat(wide.narrow(1, 0, 40).abs().sum().item_double()).isZero();
    }
  }

  @Test
  void sixteen_bit_floats_are_exact() {
    try (PointerScope scope = new PointerScope()) {
      for (int bits = 0; bits < 1 << 16; bits++) {
        float found = Half.toFloat(bits);
        int exponent = bits >> 10 & 31;
        double expected =
            (bits >> 15 == 0 ? 1 : -1)
                * (exponent == 0
                    ? (bits & 1023) * Math.pow(2, -24)
                    : (1 + (bits & 1023) / 1024.0) * Math.pow(2, exponent - 15));
        if (exponent == 31) {
          assertThat(Float.isNaN(found)).isEqualTo((bits & 1023) != 0);
          assertThat(Float.isInfinite(found)).isEqualTo((bits & 1023) == 0);
        } else if (found != expected) {
          throw new AssertionError(bits + " gives " + found);
        }
      }
    }
  }

  @Test
  void infinite_scales_stay_what_they_are() {
    try (PointerScope scope = new PointerScope()) {
      byte[] block = new byte[34];
      block[1] = 0x7C; // infinity
      block[2] = 1;
      block[3] = -1; // and 0 times infinity is not a number
      float[] found =
          Tensors.toFloats(matrix(GgufType.Q8_0, block, 1).dequantize(ScalarType.BFloat16));
      assertThat(found[0]).isEqualTo(Float.POSITIVE_INFINITY);
      assertThat(found[1]).isEqualTo(Float.NEGATIVE_INFINITY);
      assertThat(found[2]).isNaN();
    }
  }

  @Test
  void blocks_that_are_not_whole_rows_are_refused() {
    try (PointerScope scope = new PointerScope()) {
      Tensor bytes = Tensors.uint8(new byte[34], 1, 34);
      assertThatThrownBy(() -> new GgufMatrix(GgufType.Q8_0, 64, bytes))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> new GgufMatrix(GgufType.IQ2_S, 32, bytes))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
