package dev.luthier.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.luthier.LuthierException;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Tensors;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the definition, written out value by value. */
class FourBitMatrixTest {
  private static float[] normal(int n, long seed) {
    Random random = new Random(seed);
    float[] out = new float[n];
    for (int i = 0; i < n; i++) {
      out[i] = (float) random.nextGaussian() * 0.02f;
    }
    return out;
  }

  /** The code that the definition gives: midpoints of the sorted values, a tie to the lower. */
  private static int code(FourBitType type, float x) {
    int[] order =
        type == FourBitType.NF4
            ? new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
            : new int[] {11, 10, 13, 12, 15, 14, 9, 0, 8, 1, 6, 7, 4, 5, 2, 3};
    float[] values = type.codebook();
    int i = 0;
    while (i < 15 && x > (values[order[i]] + values[order[i + 1]]) / 2) {
      i++;
    }
    return order[i];
  }

  private static float absmax(float[] x, int block, int blockSize) {
    float max = 0;
    for (int i = block * blockSize; i < Math.min(x.length, (block + 1) * blockSize); i++) {
      max = Math.max(max, Math.abs(x[i]));
    }
    return max;
  }

  private static int stored(Tensor packed, int i) {
    int pair = Tensors.bytes(packed).get(i / 2) & 0xFF;
    return i % 2 == 0 ? pair >>> 4 : pair & 15;
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void every_code_and_value_is_that_of_the_definition(
      @ForAll FourBitType type,
      @ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll @IntRange(min = 1, max = 70) int columns,
      @ForAll @IntRange(min = 5, max = 12) int logBlockSize,
      @ForAll long seed) {
    int blockSize = 1 << logBlockSize;
    float[] x = normal(rows * columns, seed);
    try (PointerScope scope = new PointerScope()) {
      Tensor weight = Tensors.floats(x, Device.CPU, rows, columns);
      FourBitMatrix matrix = FourBitMatrix.quantize("w", weight, type, blockSize, false);
      float[] back = Tensors.toFloats(matrix.dequantize(ScalarType.Float));
      for (int i = 0; i < x.length; i++) {
        float max = absmax(x, i / blockSize, blockSize);
        int code = code(type, x[i] * (1 / max));
        assertThat(stored(matrix.packed(), i)).isEqualTo(code);
        assertThat(back[i]).isEqualTo(type.codebook()[code] * max);
      }
      if (x.length % 2 == 1) {
        assertThat(stored(matrix.packed(), x.length)).isEqualTo(code(type, 0));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_tie_goes_to_the_lower_value(FourBitType type) {
    try (PointerScope scope = new PointerScope()) {
      float[] sorted = type.codebook();
      java.util.Arrays.sort(sorted);
      float[] x = new float[32];
      x[31] = 1; // the block's largest magnitude, so that the others stay as they are
      for (int i = 0; i < 15; i++) {
        x[2 * i] = (sorted[i] + sorted[i + 1]) / 2;
        x[2 * i + 1] = Math.nextUp(x[2 * i]);
      }
      FourBitMatrix matrix =
          FourBitMatrix.quantize("w", Tensors.floats(x, Device.CPU, 1, 32), type, 32, false);
      float[] back = Tensors.toFloats(matrix.dequantize(ScalarType.Float));
      for (int i = 0; i < 15; i++) {
        assertThat(back[2 * i]).isEqualTo(sorted[i] + 0f);
        assertThat(back[2 * i + 1] + 0f).isEqualTo(sorted[i + 1] + 0f);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_block_of_zeros_stays_zero_beside_others(FourBitType type) {
    try (PointerScope scope = new PointerScope()) {
      float[] x = new float[96];
      x[0] = -3;
      x[95] = 1e-39f;
      Tensor weight = Tensors.floats(x, Device.CPU, 2, 48);
      float[] back =
          Tensors.toFloats(
              FourBitMatrix.quantize("w", weight, type, 32, false).dequantize(ScalarType.Float));
      assertThat(back[0]).isEqualTo(-3);
      for (int i = 1; i < 95; i++) {
        assertThat(back[i] + 0f).isEqualTo(0);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ScalarType.class,
      names = {"Float", "BFloat16", "Half"})
  void any_float_dtype_is_quantized_as_its_float32(ScalarType dtype) {
    try (PointerScope scope = new PointerScope()) {
      Tensor weight = Tensors.floats(normal(130 * 37, 5), Device.CPU, 130, 37).to(dtype);
      FourBitMatrix matrix = FourBitMatrix.quantize("w", weight, FourBitType.NF4, 64, true);
      FourBitMatrix wide =
          FourBitMatrix.quantize("w", weight.to(ScalarType.Float), FourBitType.NF4, 64, true);
      assertThat(matrix.packed().equal(wide.packed())).isTrue();
      assertThat(matrix.dequantize(ScalarType.Float).equal(wide.dequantize(ScalarType.Float)))
          .isTrue();
      assertThat(matrix.dtype()).isEqualTo(dtype);
    }
  }

  /** A large matrix is worked on in parts, by several threads. */
  @Test
  void a_large_matrix_is_its_rows_below_each_other() throws Exception {
    try (PointerScope scope = new PointerScope();
        AutoCloseable off = Kernels.suspended()) {
      Tensor weight = Tensors.floats(normal(900 * 512, 11), Device.CPU, 900, 512);
      FourBitMatrix all = FourBitMatrix.quantize("w", weight, FourBitType.NF4, 64, false);
      Tensor values = all.dequantize(ScalarType.BFloat16);
      for (int row = 0; row < 900; row += 100) {
        FourBitMatrix some =
            FourBitMatrix.quantize("w", weight.narrow(0, row, 100), FourBitType.NF4, 64, false);
        assertThat(all.packed().narrow(0, row * 256L, 25_600).equal(some.packed())).isTrue();
        assertThat(values.narrow(0, row, 100).equal(some.dequantize(ScalarType.BFloat16))).isTrue();
      }
    }
  }

  /** More than one part, whose blocks cross rows and whose count is odd. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bfloat16_is_the_float32_rounded_once(boolean doubleQuant) {
    try (PointerScope scope = new PointerScope()) {
      Tensor weight = Tensors.floats(normal(1001 * 333, 7), Device.CPU, 1001, 333);
      FourBitMatrix matrix = FourBitMatrix.quantize("w", weight, FourBitType.NF4, 128, doubleQuant);
      Tensor expected = matrix.dequantize(ScalarType.Float).to(ScalarType.BFloat16);
      assertThat(matrix.dequantize(ScalarType.BFloat16).equal(expected)).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ScalarType.class,
      names = {"Float", "BFloat16"})
  void rows_are_written_into_a_wider_buffer_and_nothing_beside_them(ScalarType dtype) {
    try (PointerScope scope = new PointerScope()) {
      Tensor weight = Tensors.floats(normal(1001 * 333, 8), Device.CPU, 1001, 333);
      FourBitMatrix matrix = FourBitMatrix.quantize("w", weight, FourBitType.FP4, 64, true);
      Tensor wide =
          torch
              .empty(new long[] {1001, 350}, Tensors.options(dtype, Device.CPU), null)
              .fill_(Tensors.scalar(7));
      matrix.dequantizeInto(wide.narrow(1, 10, 333));
      assertThat(wide.narrow(1, 10, 333).equal(matrix.dequantize(dtype))).isTrue();
      assertThat(wide.narrow(1, 0, 10).eq(Tensors.scalar(7)).all().item_bool()).isTrue();
      assertThat(wide.narrow(1, 343, 7).eq(Tensors.scalar(7)).all().item_bool()).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "NF4, 32, 96, true, BFloat16",
    "NF4, 64, 64, false, BFloat16",
    "FP4, 64, 192, true, BFloat16",
    "NF4, 256, 768, true, Float",
    "FP4, 32, 32, false, Float",
    "NF4, 4096, 8192, true, BFloat16",
  })
  void the_kernel_gives_what_the_loops_in_java_give(
      FourBitType type, int blockSize, int columns, boolean doubleQuant, String dtype)
      throws Exception {
    assumeTrue(Kernels.available(), Kernels.state());
    try (PointerScope scope = new PointerScope()) {
      Tensor weight = Tensors.floats(normal(70 * columns, 4), Device.CPU, 70, columns);
      QuantizedMatrix matrix = FourBitMatrix.quantize("w", weight, type, blockSize, doubleQuant);
      Tensor wide =
          torch.zeros(
              new long[] {70, columns + 8}, Tensors.options(ScalarType.valueOf(dtype), Device.CPU));
      matrix.dequantizeInto(wide.narrow(1, 8, columns));
      try (AutoCloseable off = Kernels.suspended()) {
        Tensor expected = matrix.dequantize(ScalarType.valueOf(dtype));
        assertThat(wide.narrow(1, 8, columns).equal(expected)).isTrue();
        assertThat(wide.narrow(1, 0, 8).any().item_bool()).isFalse();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void a_value_that_is_not_finite_is_refused_by_name(float value) {
    try (PointerScope scope = new PointerScope()) {
      float[] x = normal(200 * 1000, 9);
      x[150_001] = value;
      Tensor weight = Tensors.floats(x, Device.CPU, 200, 1000);
      assertThatThrownBy(
              () ->
                  FourBitMatrix.quantize(
                      "model.layers.0.mlp.up_proj.weight", weight, FourBitType.NF4, 64, false))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("model.layers.0.mlp.up_proj.weight")
          .hasMessageContaining("element 1499");
    }
  }

  @Test
  void nested_magnitudes_cost_an_eighth_of_a_bit_per_weight() {
    try (PointerScope scope = new PointerScope()) {
      Tensor weight = Tensors.floats(normal(256 * 1024, 3), Device.CPU, 256, 1024);
      long plain = FourBitMatrix.quantize("w", weight, FourBitType.NF4, 64, false).bytes();
      long nested = FourBitMatrix.quantize("w", weight, FourBitType.NF4, 64, true).bytes();
      assertThat(plain).isEqualTo(256 * 1024 / 2 + 4 * 4096);
      assertThat(nested).isEqualTo(256 * 1024 / 2 + 4096 + 4 * 16 + 4 * 256);
    }
  }

  @Test
  void parts_that_do_not_fit_together_are_refused() {
    try (PointerScope scope = new PointerScope()) {
      Tensor packed = Tensors.uint8(new byte[64], 64, 1);
      Absmax absmax = new Absmax.Plain(Tensors.floats(new float[2], Device.CPU, 2));
      assertThat(
              new FourBitMatrix(FourBitType.NF4, 64, 2, 64, ScalarType.Half, packed, absmax)
                  .bytes())
          .isEqualTo(72);
      assertThatThrownBy(
              () -> new FourBitMatrix(FourBitType.NF4, 64, 3, 64, ScalarType.Half, packed, absmax))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(
              () -> new FourBitMatrix(FourBitType.NF4, 128, 2, 64, ScalarType.Half, packed, absmax))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(
              () -> new FourBitMatrix(FourBitType.NF4, 48, 2, 64, ScalarType.Half, packed, absmax))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
