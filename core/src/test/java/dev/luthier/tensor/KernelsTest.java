package dev.luthier.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernels against the same formulas in double precision, at sizes that fill no vector. */
class KernelsTest {
  private final PointerScope scope = new PointerScope();

  @BeforeEach
  void needsKernels() {
    assumeTrue(Kernels.available(), Kernels.state());
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Tensor of(ScalarType dtype, float[] values, long... shape) {
    return Tensors.floats(values, Device.CPU, shape).to(dtype);
  }

  private static float[] random(int n, double scale, long seed) {
    java.util.SplittableRandom random = new java.util.SplittableRandom(seed);
    float[] out = new float[n];
    for (int i = 0; i < n; i++) {
      out[i] = (float) (scale * (random.nextDouble() * 2 - 1));
    }
    return out;
  }

  @ParameterizedTest
  @ValueSource(strings = {"Float", "BFloat16"})
  void softmax_of_scaled_scores_with_nothing_after_the_query(String name) {
    ScalarType dtype = ScalarType.valueOf(name);
    double error = dtype == ScalarType.Float ? 4e-6 : 4e-3;
    int queries = 5;
    int keys = 37;
    float[] x = Tensors.toFloats(of(dtype, random(2 * 3 * queries * keys, 9, 1), 1, 1110));
    Tensor scores = of(dtype, x, 2 * 3 * queries, keys);
    Kernels.softmax(scores, 2, 3, queries, 0.7, true, null);
    float[] y = Tensors.toFloats(scores);
    for (int r = 0; r < 30; r++) {
      int seen = keys - queries + r % queries + 1;
      double sum = 0;
      for (int i = 0; i < seen; i++) {
        sum += Math.exp(0.7 * x[r * keys + i]);
      }
      for (int i = 0; i < keys; i++) {
        double expected = i < seen ? Math.exp(0.7 * x[r * keys + i]) / sum : 0;
        assertThat((double) y[r * keys + i]).isCloseTo(expected, within(error * expected));
      }
    }
  }

  @Test
  void softmax_with_a_bias_of_minus_infinity_is_zero_there() {
    Tensor scores = of(ScalarType.Float, random(2 * 4 * 6, 3, 2), 8, 6);
    float[] hidden = new float[2 * 4 * 3];
    hidden[1] = Float.NEGATIVE_INFINITY; // row 0, query 0, the second of the last three keys
    Tensor bias = of(ScalarType.Float, hidden, 2, 1, 1, 4, 3);
    Tensor expected = scores.clone();
    expected.select(0, 0).select(0, 4).fill_(Tensors.scalar(Float.NEGATIVE_INFINITY));
    Kernels.softmax(scores, 2, 1, 4, 2, false, bias);
    float[] y = Tensors.toFloats(scores);
    float[] e = Tensors.toFloats(expected.mul(Tensors.scalar(2)).softmax(-1));
    assertThat(y[4]).isZero();
    for (int i = 0; i < y.length; i++) {
      assertThat(y[i]).isCloseTo(e[i], within(1e-6f));
    }
  }

  /** (B, H, T, E) with other strides than its shape's: laid out as (B, T, H, E). */
  private static Tensor heads(ScalarType dtype, long seed, long b, long h, long t, long e) {
    float[] values = random(Math.toIntExact(b * h * t * e), 1, seed);
    return of(dtype, values, b, t, h, e).transpose(1, 2);
  }

  /** Packed rows: each key's document begins here. The first tile of keys is empty for the last. */
  private static Tensor starts(int keys) {
    long[] starts = new long[2 * keys];
    for (int s = 0; s < keys; s++) {
      starts[s] = s / 31 * 31;
      starts[keys + s] = s < 90 ? 0 : 90;
    }
    return Tensors.longs(starts, Device.CPU, 2, keys);
  }

  /** The same by libtorch's operators and its autograd, in double precision. */
  private static Tensor attended(
      Tensor q, Tensor k, Tensor v, @Nullable Tensor starts, double scale) {
    long keys = k.size(2);
    Tensor key = torch.arange(Tensors.scalar(keys)).to(ScalarType.Long);
    Tensor query = key.narrow(0, keys - q.size(2), q.size(2)).unsqueeze(1);
    Tensor start =
        starts == null
            ? torch.zeros(new long[] {1, 1, q.size(2), 1})
            : starts.narrow(1, keys - q.size(2), q.size(2)).unsqueeze(1).unsqueeze(3);
    Tensor hidden = key.gt(query).logical_or(key.lt(start)); // (1 or B, 1, T, S)
    long group = q.size(1) / k.size(1);
    Tensor scores =
        q.matmul(
                k.repeat_interleave(group, new LongOptional(1), new LongOptional()).transpose(2, 3))
            .mul(Tensors.scalar(scale))
            .masked_fill(hidden, Tensors.scalar(Double.NEGATIVE_INFINITY));
    return scores
        .softmax(-1)
        .matmul(v.repeat_interleave(group, new LongOptional(1), new LongOptional()));
  }

  @ParameterizedTest(name = "{0}, {1} queries of {2} keys, width {3}, packed {4}")
  @CsvSource({
    "Float, 130, 130, 6, false",
    "Float, 200, 200, 40, true",
    "Float, 70, 151, 64, true",
    "BFloat16, 130, 130, 6, false",
    "BFloat16, 200, 200, 40, true",
    "BFloat16, 70, 151, 64, false"
  })
  void attention_and_its_gradients(String name, int queries, int keys, int e, boolean packed) {
    ScalarType dtype = ScalarType.valueOf(name);
    double error = dtype == ScalarType.Float ? 5e-6 : 2e-2;
    Tensor q = heads(dtype, 1, 2, 4, queries, e);
    Tensor k = heads(dtype, 2, 2, 2, keys, e);
    Tensor v = heads(dtype, 3, 2, 2, keys, e);
    Tensor dy = heads(dtype, 4, 2, 4, queries, e);
    Tensor starts = packed ? starts(keys) : null;
    Tensor[] exact = new Tensor[3];
    Tensor[] of = {q, k, v};
    for (int i = 0; i < 3; i++) {
      exact[i] = of[i].to(ScalarType.Double).set_requires_grad(true);
    }
    Tensor expected = attended(exact[0], exact[1], exact[2], starts, 0.6);
    expected.backward(
        dy.to(ScalarType.Double), new BoolOptional(), false, new TensorArrayRefOptional());

    Tensor y = torch.empty_like(q);
    Tensor logSums =
        torch.empty(
            new long[] {2, 4, queries}, Tensors.options(ScalarType.Float, Device.CPU), null);
    Kernels.attention(q, k, v, starts, 0.6, y, logSums);
    Tensor dq = torch.empty_like(q);
    Tensor dk = torch.empty_like(k);
    Tensor dv = torch.empty_like(v);
    Kernels.attentionBackward(q, k, v, starts, 0.6, y, logSums, dy, dq, dk, dv);
    assertNear(y, expected, error);
    assertNear(dq, exact[0].grad(), error);
    assertNear(dk, exact[1].grad(), error);
    assertNear(dv, exact[2].grad(), error);
  }

  /** No element is off by more than this part of the largest. */
  private static void assertNear(Tensor actual, Tensor expected, double error) {
    float[] a = Tensors.toFloats(actual);
    float[] b = Tensors.toFloats(expected);
    double largest = 0;
    for (float f : b) {
      largest = Math.max(largest, Math.abs(f));
    }
    assertThat(largest).isPositive();
    for (int i = 0; i < b.length; i++) {
      assertThat((double) a[i]).isCloseTo(b[i], within(error * largest));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 30, 300, 30000})
  void log_probs_of_small_and_huge_logits(double size) {
    int n = 3;
    int v = 1003;
    float[] x = random(n * v, size, 3);
    long[] targets = {0, 500, 1002};
    Tensor logits = of(ScalarType.Float, x, n, v);
    Tensor out =
        torch.empty(new long[] {3, n}, Tensors.options(ScalarType.Float, Device.CPU), null);
    Tensor at = Tensors.longs(targets, Device.CPU, n);
    Kernels.logProbs(logits, at, out);
    float[] g = {1, -0.5f, 2};
    Kernels.logProbsBackward(logits, at, out.select(0, 0), of(ScalarType.Float, g, n));
    float[] measured = Tensors.toFloats(out);
    float[] gradient = Tensors.toFloats(logits);
    for (int r = 0; r < n; r++) {
      double max = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < v; i++) {
        max = Math.max(max, x[r * v + i]);
      }
      double sum = 0;
      for (int i = 0; i < v; i++) {
        sum += Math.exp(x[r * v + i] - max);
      }
      double logSum = max + Math.log(sum);
      double expected = x[r * v + (int) targets[r]] - logSum;
      assertThat((double) measured[n + r]).isCloseTo(expected, within(1e-6 * size + 2e-6));
      for (int i = 0; i < v; i++) {
        double p = Math.exp(x[r * v + i] - logSum);
        double d = g[r] * ((i == targets[r] ? 1 : 0) - p);
        assertThat((double) gradient[r * v + i]).isCloseTo(d, within(1e-6 + 4e-7 * size));
      }
    }
  }

  @Test
  void the_first_of_the_largest_logits_is_what_greedy_decoding_takes() {
    Tensor logits = of(ScalarType.Float, new float[] {1, 3, 3, 0, 1, 3, 3, 0}, 2, 4);
    Tensor out =
        torch.empty(new long[] {3, 2}, Tensors.options(ScalarType.Float, Device.CPU), null);
    Kernels.logProbs(logits, Tensors.longs(new long[] {1, 2}, Device.CPU, 2), out);
    assertThat(Tensors.toFloats(out.select(0, 2))).containsExactly(1, 0);
  }

  @ParameterizedTest
  @ValueSource(floats = {-1000, -88, -20, -1, -1e-3f, 0, 1e-3f, 1, 20, 88, 1000})
  void silu_over_the_whole_range(float x) {
    Tensor gate = of(ScalarType.Float, new float[] {x, x, x}, 1, 3);
    Tensor up = of(ScalarType.Float, new float[] {2, 2, 2}, 1, 3);
    Tensor y = torch.empty_like(gate);
    Kernels.siluGate(gate, up, y);
    double expected = 2.0 * x / (1 + Math.exp(-(double) x));
    assertThat((double) Tensors.toFloats(y)[1])
        .isCloseTo(expected, within(1e-6 * Math.abs(expected) + 1e-30));
  }

  @Test
  void what_is_not_finite_stays_so_in_bfloat16() {
    float[] x = {Float.NaN, Float.POSITIVE_INFINITY, 1, 1};
    Tensor in = of(ScalarType.BFloat16, x, 4, 1);
    Tensor y = torch.empty_like(in);
    Tensor scale =
        torch.empty(new long[] {4, 1}, Tensors.options(ScalarType.Float, Device.CPU), null);
    Kernels.rmsNorm(in, of(ScalarType.BFloat16, new float[] {1}, 1), 1e-5, y, scale);
    float[] out = Tensors.toFloats(y);
    assertThat(out[0]).isNaN();
    assertThat(out[1]).isNaN(); // infinity times 1 / infinity
    assertThat(out[2]).isEqualTo(1);
  }
}
