package dev.luthier.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Closed forms, and differences of theirs. */
class ActivationTest {
  private static final float[] X = {-7.5f, -3.1f, -1.2f, -0.3f, 0.2f, 0.9f, 2.4f, 5.7f, 6.4f};
  private static final Map<String, DoubleUnaryOperator> FORMULAS =
      Map.ofEntries(
          Map.entry("silu", x -> x / (1 + Math.exp(-x))),
          Map.entry("gelu_new", ActivationTest::gelu),
          Map.entry("gelu_fast", ActivationTest::gelu),
          Map.entry("gelu_python_tanh", ActivationTest::gelu),
          Map.entry("quick_gelu", x -> x / (1 + Math.exp(-1.702 * x))),
          Map.entry("relu", x -> Math.max(x, 0)),
          Map.entry("relu2", x -> Math.max(x, 0) * Math.max(x, 0)),
          Map.entry("leaky_relu", x -> Math.max(x, x / 100)),
          Map.entry("relu6", x -> Math.min(Math.max(x, 0), 6)),
          Map.entry("sigmoid", x -> 1 / (1 + Math.exp(-x))),
          Map.entry("mish", x -> x * Math.tanh(Math.log1p(Math.exp(x)))),
          Map.entry("linear", x -> x),
          Map.entry("tanh", Math::tanh));

  private static double gelu(double x) {
    return x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "silu",
        "gelu_new",
        "gelu_fast",
        "gelu_python_tanh",
        "quick_gelu",
        "relu",
        "relu2",
        "leaky_relu",
        "relu6",
        "sigmoid",
        "mish",
        "linear",
        "tanh"
      })
  void values_and_slopes_are_those_of_the_formula(String name) {
    DoubleUnaryOperator f = Objects.requireNonNull(FORMULAS.get(name));
    try (PointerScope scope = new PointerScope()) {
      Tape tape = new Tape();
      Tensor in = Tensors.floats(X, Device.CPU, X.length);
      Value x = tape.leaf(in, true);
      Value y = Activation.named(name).forward(x);
      float[] values = Tensors.toFloats(y.tensor());
      float[] twos = new float[X.length];
      Arrays.fill(twos, 2);
      tape.backward(y, Tensors.floats(twos, Device.CPU, X.length));
      float[] slopes = Tensors.toFloats(x.gradient());
      for (int i = 0; i < X.length; i++) {
        double step = 1e-5;
        double slope = (f.applyAsDouble(X[i] + step) - f.applyAsDouble(X[i] - step)) / (2 * step);
        double value = f.applyAsDouble(X[i]);
        assertThat(values[i]).as("of " + X[i]).isCloseTo((float) value, within(2e-5f));
        assertThat((double) slopes[i]).as("at " + X[i]).isCloseTo(2 * slope, within(2e-5));
      }
    }
  }
}
