package dev.luthier.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.LuthierException;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Tensors;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Against the formulas of the paper, in double precision. */
class Int8MatrixTest {
  private static final int OUT = 48;
  private static final int IN = 96;

  private static float[] normal(int n, long seed) {
    Random random = new Random(seed);
    float[] out = new float[n];
    for (int i = 0; i < n; i++) {
      // Of float16's precision, for bitsandbytes rounds to it first.
      out[i] = Math.round(random.nextGaussian() * 256) / 256f;
    }
    return out;
  }

  private static double absmax(float[] x, int row, int columns, double below) {
    double max = 0;
    for (int i = row * columns; i < (row + 1) * columns; i++) {
      double a = Math.abs(x[i]);
      max = Math.max(max, a < below ? a : 0);
    }
    return max;
  }

  @Test
  void a_row_is_scaled_to_127_and_comes_back_within_half_a_step() {
    try (PointerScope scope = new PointerScope()) {
      float[] w = normal(OUT * IN, 1);
      java.util.Arrays.fill(w, 0, IN, 0); // a row of zeros
      Int8Matrix matrix = Int8Matrix.quantize("w", Tensors.floats(w, Device.CPU, OUT, IN));
      long[] codes = Tensors.toLongs(matrix.weight());
      float[] back = Tensors.toFloats(matrix.dequantize(ScalarType.Float));
      for (int i = 0; i < w.length; i++) {
        double max = absmax(w, i / IN, IN, 1e9);
        assertThat((double) codes[i]).isCloseTo(max == 0 ? 0 : w[i] * 127 / max, within(0.5001));
        assertThat((double) back[i]).isCloseTo(codes[i] * max / 127, within(1e-6));
      }
      assertThat(Tensors.toFloats(matrix.scb())[1]).isEqualTo((float) absmax(w, 1, IN, 1e9));
      assertThat(matrix.bytes()).isEqualTo(OUT * IN + 4 * OUT);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ScalarType.class,
      names = {"Float", "BFloat16"})
  void rows_are_written_into_a_wider_buffer_with_kernels_and_without(ScalarType dtype)
      throws Exception {
    wideRows(dtype);
    try (AutoCloseable off = Kernels.suspended()) {
      wideRows(dtype);
    }
  }

  private static void wideRows(ScalarType dtype) {
    try (PointerScope scope = new PointerScope()) {
      Tensor weight = Tensors.floats(normal(3000 * 101, 2), Device.CPU, 3000, 101);
      Int8Matrix matrix = Int8Matrix.quantize("w", weight);
      Tensor wide = Tensors.floats(new float[3000 * 120], Device.CPU, 3000, 120).to(dtype);
      matrix.dequantizeInto(wide.narrow(1, 7, 101));
      Tensor codes = matrix.weight().to(ScalarType.Float);
      Scalar step = Tensors.scalar(7.874015718698502e-3);
      Tensor expected = codes.mul(matrix.scb().view(-1, 1)).mul(step).to(dtype);
      assertThat(wide.narrow(1, 7, 101).equal(expected)).isTrue();
      assertThat(wide.narrow(1, 108, 12).any().item_bool()).isFalse();
    }
  }

  /** Without outliers, with a threshold that none reaches, and with some columns kept apart. */
  @ParameterizedTest
  @CsvSource({"0, 5", "6, 5", "6, 1", "2.5, 5"})
  void the_product_is_that_of_the_decomposition(double threshold, int n) {
    try (PointerScope scope = new PointerScope()) {
      float[] w = normal(OUT * IN, 3);
      float[] x = normal(n * IN, 4);
      if (threshold == 6) {
        x[17] = 20;
        x[IN - 1] = -6;
      }
      Int8Matrix matrix = Int8Matrix.quantize("w", Tensors.floats(w, Device.CPU, OUT, IN));
      long[] codes = Tensors.toLongs(matrix.weight());
      float[] y = Tensors.toFloats(matrix.forward(Tensors.floats(x, Device.CPU, n, IN), threshold));
      double bound = threshold > 0 ? threshold : 1e9;
      boolean[] outlier = new boolean[IN];
      for (int i = 0; i < x.length; i++) {
        outlier[i % IN] |= Math.abs(x[i]) >= bound;
      }
      for (int i = 0; i < n; i++) {
        double xmax = absmax(x, i, IN, bound);
        for (int o = 0; o < OUT; o++) {
          double wmax = absmax(w, o, IN, 1e9);
          long integers = 0;
          double apart = 0;
          for (int k = 0; k < IN; k++) {
            if (outlier[k]) {
              apart += x[i * IN + k] * (codes[o * IN + k] * wmax / 127);
            } else {
              integers += Math.round(Math.rint(x[i * IN + k] * 127 / xmax)) * codes[o * IN + k];
            }
          }
          // A code may be one off where the division in float32 rounds across a half.
          assertThat((double) y[i * OUT + o])
              .isCloseTo(apart + integers * xmax * wmax / (127 * 127), within(xmax * wmax / 100));
        }
      }
    }
  }

  @Test
  void outliers_are_what_the_decomposition_saves() {
    try (PointerScope scope = new PointerScope()) {
      Tensor w = Tensors.floats(normal(OUT * IN, 5), Device.CPU, OUT, IN);
      float[] values = normal(8 * IN, 6);
      for (int i = 3; i < values.length; i += IN) {
        values[i] = 60;
      }
      Tensor x = Tensors.floats(values, Device.CPU, 8, IN);
      Int8Matrix matrix = Int8Matrix.quantize("w", w);
      Tensor exact = x.matmul(matrix.dequantize(ScalarType.Float).t());
      double kept = matrix.forward(x, 6).sub(exact).square().mean().item_double();
      double lost = matrix.forward(x, 0).sub(exact).square().mean().item_double();
      assertThat(kept).isLessThan(lost / 50);
      Tensor half = matrix.forward(x.to(ScalarType.BFloat16), 6);
      assertThat(Tensors.dtype(half)).isEqualTo(ScalarType.BFloat16);
      // bfloat16 keeps 8 bits: 60 W is rounded to within 60 * 4 / 512.
      assertThat(half.to(ScalarType.Float).sub(exact).abs().max().item_double()).isLessThan(2);
    }
  }

  @Test
  void a_value_beyond_float16_is_refused_by_name() {
    try (PointerScope scope = new PointerScope()) {
      float[] w = normal(OUT * IN, 1);
      w[77] = 70_000;
      Tensor weight = Tensors.floats(w, Device.CPU, OUT, IN);
      assertThatThrownBy(() -> Int8Matrix.quantize("lm_head.weight", weight))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("lm_head.weight");
    }
  }
}
