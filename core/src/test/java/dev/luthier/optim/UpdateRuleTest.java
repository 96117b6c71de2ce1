package dev.luthier.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each rule against its paper's formulas, computed in double precision. */
class UpdateRuleTest {
  private static final int ROWS = 7;
  private static final int COLUMNS = 5;
  private static final double RATE = 0.01;
  private static final double DECAY = 0.1;

  /** A formula: one step over all weights, in double precision. */
  private interface Formula {
    void step(double[] p, double[] g, int t);
  }

  private static void follows(UpdateRule rule, Formula formula, long... shape) {
    int n = (int) StateLayout.elements(shape);
    SplittableRandom random = new SplittableRandom(n);
    float[] start = uniform(random, n);
    double[] expected = doubles(start);
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Tensor p = Tensors.floats(start, Device.CPU, shape);
      Map<String, Optimizer.Parameter> one =
          Map.of("p", new Optimizer.Parameter(p, rule, 0.5, DECAY, false));
      try (Optimizer optimizer = new Optimizer(one, Device.CPU, Path.of("unused"))) {
        for (int t = 1; t <= 8; t++) {
          float[] g = uniform(random, n);
          optimizer.begin(2 * RATE);
          optimizer.update("p", Tensors.floats(g, Device.CPU, shape));
          formula.step(expected, doubles(g), t);
        }
      }
      float[] actual = Tensors.toFloats(p);
      for (int i = 0; i < n; i++) {
        assertThat((double) actual[i]).as("weight " + i).isCloseTo(expected[i], within(2e-6));
      }
    }
  }

  private static float[] uniform(SplittableRandom random, int n) {
    float[] out = new float[n];
    for (int i = 0; i < n; i++) {
      out[i] = (float) random.nextDouble(-1, 1);
    }
    return out;
  }

  private static double[] doubles(float[] x) {
    return IntStream.range(0, x.length).mapToDouble(i -> x[i]).toArray();
  }

  @Test
  void adamw_is_algorithm_2_of_its_paper() {
    double[] m = new double[ROWS * COLUMNS];
    double[] v = new double[ROWS * COLUMNS];
    follows(
        new AdamW(0.9, 0.99, 1e-8),
        (p, g, t) -> {
          for (int i = 0; i < p.length; i++) {
            m[i] = 0.9 * m[i] + 0.1 * g[i];
            v[i] = 0.99 * v[i] + 0.01 * g[i] * g[i];
            double mHat = m[i] / (1 - Math.pow(0.9, t));
            double vHat = v[i] / (1 - Math.pow(0.99, t));
            p[i] -= RATE * (mHat / (Math.sqrt(vHat) + 1e-8) + DECAY * p[i]);
          }
        },
        ROWS,
        COLUMNS);
  }

  @ParameterizedTest
  @CsvSource({"0, false", "0.9, false", "0.9, true"})
  void sgd_is_pytorchs(double momentum, boolean nesterov) {
    double[] velocity = new double[ROWS * COLUMNS];
    follows(
        new Sgd(momentum, nesterov),
        (p, g, t) -> {
          for (int i = 0; i < p.length; i++) {
            double d = g[i] + DECAY * p[i];
            velocity[i] = momentum * velocity[i] + d;
            p[i] -= RATE * (nesterov ? d + momentum * velocity[i] : velocity[i]);
          }
        },
        ROWS,
        COLUMNS);
  }

  @Test
  void lion_is_algorithm_2_of_its_paper() {
    double[] m = new double[ROWS * COLUMNS];
    follows(
        new Lion(0.9, 0.99),
        (p, g, t) -> {
          for (int i = 0; i < p.length; i++) {
            double c = 0.9 * m[i] + 0.1 * g[i];
            p[i] -= RATE * (Math.signum(c) + DECAY * p[i]);
            m[i] = 0.99 * m[i] + 0.01 * g[i];
          }
        },
        ROWS,
        COLUMNS);
  }

  @ParameterizedTest
  @CsvSource({
    "false, false, false, 0",
    "true, false, false, 0",
    "true, true, false, 0",
    "false, true, true, 0.9",
    "true, true, true, 0.9"
  })
  void adafactor_is_transformers(boolean scale, boolean relative, boolean warmup, double beta1) {
    AdafactorSettings s = new AdafactorSettings(scale, relative, warmup, 0.5, -0.8);
    Optional<Double> first = Optional.of(beta1).filter(b -> b > 0);
    double[] rows = new double[ROWS];
    double[] columns = new double[COLUMNS];
    double[] m = new double[ROWS * COLUMNS];
    follows(
        new Adafactor(s, first),
        (p, g, t) -> {
          double b = 1 - Math.pow(t, -0.8);
          double[] row = new double[ROWS];
          double[] column = new double[COLUMNS];
          for (int i = 0; i < p.length; i++) {
            row[i / COLUMNS] += (g[i] * g[i] + 1e-30) / COLUMNS;
            column[i % COLUMNS] += (g[i] * g[i] + 1e-30) / ROWS;
          }
          Arrays.setAll(rows, i -> b * rows[i] + (1 - b) * row[i]);
          Arrays.setAll(columns, i -> b * columns[i] + (1 - b) * column[i]);
          double mean = Arrays.stream(rows).average().orElseThrow();
          double[] u = new double[p.length];
          Arrays.setAll(u, i -> g[i] / Math.sqrt(rows[i / COLUMNS] / mean * columns[i % COLUMNS]));
          adafactorMove(p, u, m, t, s, first);
        },
        ROWS,
        COLUMNS);
  }

  @Test
  void adafactor_keeps_all_squares_of_a_vector() {
    AdafactorSettings s = AdafactorSettings.defaults();
    double[] v = new double[ROWS];
    follows(
        new Adafactor(s, Optional.empty()),
        (p, g, t) -> {
          double b = 1 - Math.pow(t, -0.8);
          double[] u = new double[ROWS];
          for (int i = 0; i < ROWS; i++) {
            v[i] = b * v[i] + (1 - b) * (g[i] * g[i] + 1e-30);
            u[i] = g[i] / Math.sqrt(v[i]);
          }
          adafactorMove(p, u, new double[ROWS], t, s, Optional.empty());
        },
        ROWS);
  }

  private static void adafactorMove(
      double[] p, double[] u, double[] m, int t, AdafactorSettings s, Optional<Double> beta1) {
    double rate = RATE;
    if (s.relativeStep()) {
      rate = Math.min(s.warmupInit() ? 1e-6 * t : 1e-2, 1 / Math.sqrt(t));
    }
    if (s.scaleParameter()) {
      rate *= Math.max(1e-3, rms(p));
    }
    double clip = Math.max(1, rms(u) / s.clipThreshold());
    for (int i = 0; i < p.length; i++) {
      double move = rate * u[i] / clip;
      if (beta1.isPresent()) {
        m[i] = beta1.get() * m[i] + (1 - beta1.get()) * move;
        move = m[i];
      }
      p[i] -= rate * DECAY * p[i] + move;
    }
  }

  private static double rms(double[] x) {
    return Math.sqrt(Arrays.stream(x).map(a -> a * a).average().orElseThrow());
  }
}
