package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Losses over scores against their formulas, and their gradients against differences. */
class ObjectiveTest {
  private static final float[] SCORES = {0.3f, -1.2f, 2.5f, -40f, 0f, 90f};
  private static final float[] VALUES = {1, 0, 0, 1, 1, 0};
  private static final float[] WEIGHTS = {1, 0.5f, 3};

  private static double loss(Objective objective, float[] scores, float[] gradient) {
    LabelTokens labels = new LabelTokens(new long[3], new long[3], WEIGHTS, VALUES, List.of());
    try (PointerScope scope = new PointerScope()) {
      Tensor z = Tensors.floats(scores, Device.CPU, 3, 2);
      Objective.Loss loss = objective.loss(z, labels);
      float[] g = Tensors.toFloats(loss.gradient());
      System.arraycopy(g, 0, gradient, 0, g.length);
      return loss.sum();
    }
  }

  private interface Formula {
    double at(double score, double value);
  }

  private static void check(Objective objective, Formula loss, Formula derivative) {
    float[] gradient = new float[SCORES.length];
    double expected = 0;
    for (int i = 0; i < SCORES.length; i++) {
      expected += WEIGHTS[i / 2] / 2 * loss.at(SCORES[i], VALUES[i]);
    }
    assertThat(loss(objective, SCORES, gradient)).isCloseTo(expected, within(1e-6 * expected));
    for (int i = 0; i < SCORES.length; i++) {
      double d = WEIGHTS[i / 2] / 2 * derivative.at(SCORES[i], VALUES[i]);
      assertThat((double) gradient[i]).isCloseTo(d, within(1e-6 * (1 + Math.abs(d))));
    }
  }

  private static double logistic(double z) {
    return 1 / (1 + Math.exp(-z));
  }

  @Test
  void binary_cross_entropy_is_its_formula_even_where_the_logistic_function_is_0_or_1() {
    check(
        Objective.binaryCrossEntropy(),
        (z, y) -> y * Math.log1p(Math.exp(-z)) + (1 - y) * (z + Math.log1p(Math.exp(-z))),
        (z, y) -> logistic(z) - y);
  }

  @Test
  void squared_error_is_its_formula() {
    check(Objective.squaredError(), (z, y) -> (z - y) * (z - y), (z, y) -> 2 * (z - y));
  }
}
