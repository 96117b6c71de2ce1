package dev.luthier.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products against sums in double precision, in every layout that a training step has. */
class ProductsTest {
  private final PointerScope scope = new PointerScope();
  private final SplittableRandom random = new SplittableRandom(5);

  @AfterEach
  void close() {
    scope.close();
  }

  private Tensor random(long... shape) {
    int n = 1;
    for (long size : shape) {
      n *= Math.toIntExact(size);
    }
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) (random.nextDouble() * 2 - 1);
    }
    return Tensors.floats(values, Device.CPU, shape);
  }

  @Test
  void a_bias_stays_as_it_is_when_there_is_one_row() {
    Tensor bias = random(5);
    float[] before = Tensors.toFloats(bias);
    Tensor x = random(1, 7);
    Tensor w = random(5, 7);
    float[] first = Tensors.toFloats(Products.linear(x, w, bias));
    assertThat(Tensors.toFloats(bias)).isEqualTo(before);
    assertThat(Tensors.toFloats(Products.linear(x, w, bias))).isEqualTo(first);
  }

  /**
   * A (batch, rows, columns) whose columns stand together, or whose rows are part of wider ones.
   */
  private Tensor laidOut(boolean transposed, long batch, long rows, long columns) {
    return transposed
        ? random(batch, columns, rows).transpose(1, 2)
        : random(batch, rows, columns + 3).narrow(2, 2, columns);
  }

  private static double[] expected(Tensor a, Tensor b, Tensor c, double alpha, double beta) {
    float[] x = Tensors.toFloats(a);
    float[] y = Tensors.toFloats(b);
    float[] before = Tensors.toFloats(c);
    int m = (int) a.size(1);
    int k = (int) a.size(2);
    int n = (int) b.size(2);
    double[] out = new double[before.length];
    for (int r = 0; r < out.length / n; r++) {
      for (int j = 0; j < n; j++) {
        double sum = 0;
        for (int i = 0; i < k; i++) {
          sum += (double) x[r * k + i] * y[r / m * k * n + i * n + j];
        }
        out[r * n + j] = alpha * sum + beta * before[r * n + j];
      }
    }
    return out;
  }

  @ParameterizedTest(name = "{0}: {1} x {2} x {3}, transposed {4} {5}")
  @CsvSource({
    "1, 150, 70, 130, false, false",
    "1, 150, 70, 130, false, true",
    "1, 150, 70, 130, true, false",
    "1, 70, 130, 150, true, true",
    "1, 16, 130, 150, true, false",
    "1, 500, 64, 16, false, true",
    "1, 131, 4220, 70, false, false",
    "1, 131, 4220, 70, false, true",
    "1, 300, 65, 70, false, true",
    "7, 33, 64, 47, false, true",
    "7, 33, 64, 47, true, false",
    "1, 1, 300, 500, false, true",
    "1, 300, 500, 1, true, false",
    "2, 1, 1, 1, false, false"
  })
  void alpha_a_b_plus_beta_c(
      long batch, long m, long k, long n, boolean transposedA, boolean transposedB) {
    for (ScalarType dtype : List.of(ScalarType.Float, ScalarType.BFloat16)) {
      Tensor a = laidOut(transposedA, batch, m, k).to(dtype);
      Tensor b = laidOut(transposedB, batch, k, n).to(dtype);
      Tensor c = laidOut(false, batch, m, n).to(dtype);
      double[] expected = expected(a, b, c, 0.5, 2);
      Products.into(c, a, b, 0.5, 2);
      same(c, expected, k);
    }
  }

  /** Up to the rounding of sums of k numbers in float32, and of the result to its dtype. */
  private static void same(Tensor c, double[] expected, long k) {
    double rounding = Tensors.dtype(c) == ScalarType.Float ? 0 : 0x1p-8;
    float[] actual = Tensors.toFloats(c);
    for (int i = 0; i < actual.length; i++) {
      double allowed = 1e-5 * Math.sqrt(k) + 1e-6 + rounding * Math.abs(expected[i]);
      assertThat((double) actual[i]).isCloseTo(expected[i], within(allowed));
    }
  }

  @ParameterizedTest
  @CsvSource({"150, 70, 16", "16, 70, 150", "150, 70, 130"})
  void a_bfloat16_product_with_a_transposed_factor(long m, long k, long n) {
    Tensor a = random(k, m).to(ScalarType.BFloat16).t();
    Tensor b = random(k, n).to(ScalarType.BFloat16);
    Tensor zero = torch.zeros(new long[] {1, m, n});
    double[] expected = expected(a.unsqueeze(0), b.unsqueeze(0), zero, 1, 0);
    Tensor c = Products.of(a, b);
    assertThat(Tensors.shape(c)).containsExactly(m, n);
    same(c, expected, k);
  }

  /** Packed and padded batches give the same bits as others only if this holds. */
  @Test
  void a_row_of_a_bfloat16_product_is_the_same_in_any_batch() {
    assumeTrue(Products.ownBfloat16(), "bfloat16 products are oneDNN's here");
    Tensor x = random(250, 2500).to(ScalarType.BFloat16);
    Tensor w = random(100, 2500).to(ScalarType.BFloat16);
    float[] all = Tensors.toFloats(Products.linear(x, w, null));
    float[] some = Tensors.toFloats(Products.linear(x.narrow(0, 97, 11), w, null));
    assertThat(Arrays.copyOfRange(all, 97 * 100, 108 * 100)).isEqualTo(some);
  }

  @Test
  void a_columns_slice_is_written_and_nothing_beside_it() {
    writesASlice(ScalarType.Float);
    writesASlice(ScalarType.BFloat16);
  }

  private void writesASlice(ScalarType dtype) {
    Tensor whole = random(200, 90).to(dtype);
    float[] before = Tensors.toFloats(whole);
    Tensor slice = whole.narrow(1, 30, 40);
    Tensor a = random(200, 64).to(dtype);
    Tensor b = random(64, 40).to(dtype);
    double[] expected = expected(a.unsqueeze(0), b.unsqueeze(0), slice.unsqueeze(0), 1, 0);
    Products.into(slice, a, b, 1, 0);
    same(slice, expected, 64);
    float[] after = Tensors.toFloats(whole);
    for (int i = 0; i < after.length; i++) {
      if (i % 90 < 30 || i % 90 >= 70) {
        assertThat(after[i]).isEqualTo(before[i]);
      }
    }
  }

  @Test
  void what_stands_in_the_result_does_not_matter_where_beta_is_zero() {
    for (ScalarType dtype : List.of(ScalarType.Float, ScalarType.BFloat16)) {
      Tensor c = random(100, 80).to(dtype).fill_(Tensors.scalar(Double.NaN));
      Products.into(c, random(100, 64).to(dtype), random(64, 80).to(dtype), 0.5, 0);
      assertThat(Tensors.allFinite(c)).isTrue();
    }
  }

  @Test
  void a_transposed_result_is_written_in_place() {
    Tensor c = random(50, 120);
    Tensor a = random(120, 64);
    Tensor b = random(64, 50);
    double[] expected = expected(a.unsqueeze(0), b.unsqueeze(0), c.t().unsqueeze(0), 1, 1);
    Products.into(c.t(), a, b, 1, 1);
    float[] actual = Tensors.toFloats(c.t());
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i]).isCloseTo(expected[i], within(1e-4));
    }
  }

  @Test
  void a_bias_is_added_to_every_row() {
    Tensor x = random(90, 64);
    Tensor w = random(70, 64);
    Tensor bias = random(70);
    Tensor c = bias.expand(90, 70).contiguous();
    double[] expected = expected(x.unsqueeze(0), w.t().unsqueeze(0), c.unsqueeze(0), 1, 1);
    float[] actual = Tensors.toFloats(Products.linear(x, w, bias));
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i]).isCloseTo(expected[i], within(1e-4));
    }
    Tensor half =
        Products.linear(
            x.to(ScalarType.BFloat16), w.to(ScalarType.BFloat16), bias.to(ScalarType.BFloat16));
    assertThat(Tensors.dtype(half)).isEqualTo(ScalarType.BFloat16);
    float[] rounded = Tensors.toFloats(half);
    for (int i = 0; i < rounded.length; i++) {
      assertThat((double) rounded[i]).isCloseTo(expected[i], within(0.1));
    }
  }
}
