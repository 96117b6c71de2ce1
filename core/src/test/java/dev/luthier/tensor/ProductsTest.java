package dev.luthier.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
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
    "7, 33, 64, 47, false, true",
    "7, 33, 64, 47, true, false",
    "1, 1, 300, 500, false, true",
    "1, 300, 500, 1, true, false",
    "2, 1, 1, 1, false, false"
  })
  void alpha_a_b_plus_beta_c(
      long batch, long m, long k, long n, boolean transposedA, boolean transposedB) {
    Tensor a = laidOut(transposedA, batch, m, k);
    Tensor b = laidOut(transposedB, batch, k, n);
    Tensor c = laidOut(false, batch, m, n);
    double[] expected = expected(a, b, c, 0.5, 2);
    Products.into(c, a, b, 0.5, 2);
    float[] actual = Tensors.toFloats(c);
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i]).isCloseTo(expected[i], within(1e-5 * Math.sqrt(k) + 1e-6));
    }
  }

  @Test
  void a_columns_slice_is_written_and_nothing_beside_it() {
    Tensor whole = random(200, 90);
    float[] before = Tensors.toFloats(whole);
    Products.into(whole.narrow(1, 30, 40), random(200, 64), random(64, 40), 1, 0);
    float[] after = Tensors.toFloats(whole);
    for (int i = 0; i < after.length; i++) {
      int column = i % 90;
      if (column < 30 || column >= 70) {
        assertThat(after[i]).isEqualTo(before[i]);
      } else {
        assertThat(after[i]).isNotEqualTo(before[i]);
      }
    }
  }

  @Test
  void what_stands_in_the_result_does_not_matter_where_beta_is_zero() {
    Tensor c = random(100, 80).fill_(Tensors.scalar(Double.NaN));
    Products.into(c, random(100, 64), random(64, 80), 0.5, 0);
    assertThat(Tensors.allFinite(c)).isTrue();
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
    assertThat(
            Tensors.dtype(
                Products.linear(x.to(ScalarType.BFloat16), w.to(ScalarType.BFloat16), null)))
        .isEqualTo(ScalarType.BFloat16);
  }
}
