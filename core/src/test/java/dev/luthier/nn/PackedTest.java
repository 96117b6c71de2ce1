package dev.luthier.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Products;
import dev.luthier.tensor.Seeds;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PackedTest {
  static Stream<Arguments> kinds() {
    return Stream.of(Packing.values())
        .flatMap(
            p ->
                Stream.of(ScalarType.Float, ScalarType.BFloat16)
                    .flatMap(
                        t -> Stream.of(true, false).map(kernels -> Arguments.of(p, t, kernels))));
  }

  private static Tensor random(ScalarType dtype, long... shape) {
    GeneratorOptional generator = new GeneratorOptional(Seeds.generator(3, shape[0]));
    return torch
        .empty(shape, Tensors.options(ScalarType.Float, Device.CPU), null)
        .normal_(0, 1, generator)
        .to(dtype);
  }

  private static double rms(Tensor t) {
    return Math.sqrt(t.mul(t).mean().item_double());
  }

  private static double largest(Tensor t) {
    return t.to(ScalarType.Float).abs().max().item_double();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void products_are_those_of_the_rounded_matrix(Packing packing, ScalarType dtype, boolean kernels)
      throws Exception {
    for (int width : List.of(32, 64, 96, 128, 192, 352)) {
      products(packing, dtype, kernels, width);
    }
  }

  private static void products(Packing packing, ScalarType dtype, boolean kernels, int width)
      throws Exception {
    try (PointerScope scope = new PointerScope();
        AutoCloseable without = kernels ? () -> {} : Kernels.suspended()) {
      Tensor w = random(dtype, 37, width);
      Tensor bias = random(dtype, 37);
      Packed packed = new Packed(packing, w, false, new MatrixPool(dtype, Device.CPU));
      Tensor rounded = packed.rows(0, 37); // float32
      for (int rows : List.of(1, 2, 3, 4, 5, 8, 9, 40)) {
        Tensor x = random(dtype, rows, width);
        Tensor expected =
            torch.matmul(x.to(ScalarType.Float), rounded.t()).add(bias.to(ScalarType.Float));
        Tensor off = packed.product(x, bias).to(ScalarType.Float).sub(expected);
        // x is rounded to 1/32512 of its largest: of a sum, seven times the deviation of that.
        double step = largest(x) / 32512;
        double exact = 7 * step / Math.sqrt(12) * Math.sqrt(width) * rms(rounded) + 1e-5;
        double bound = dtype == ScalarType.Float ? exact : 0.05 + largest(expected) / 128;
        assertThat(largest(off)).as(rows + " rows of " + width).isLessThan(bound);
      }
      // Half a step of a row's 127, or of a group's 15, and the rounding of scales and numbers.
      double step = packing == Packing.INT8 ? largest(w) / 127 : 2 * largest(w) / 15;
      assertThat(largest(rounded.sub(w.to(ScalarType.Float)))).isLessThan(0.6 * step + 0.02);
      assertThat(packed.rows(5, 3).to(ScalarType.Float).equal(rounded.narrow(0, 5, 3))).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void what_is_no_number_stays_none(Packing packing, ScalarType dtype, boolean kernels)
      throws Exception {
    try (PointerScope scope = new PointerScope();
        AutoCloseable without = kernels ? () -> {} : Kernels.suspended()) {
      Packed packed =
          new Packed(packing, random(dtype, 3, 256), false, new MatrixPool(dtype, Device.CPU));
      for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
        float[] x = new float[3 * 256];
        Arrays.fill(x, 1);
        x[256 + 200] = odd;
        float[] y =
            Tensors.toFloats(packed.product(Tensors.floats(x, Device.CPU, 3, 256).to(dtype), null));
        for (int i = 0; i < y.length; i++) {
          assertThat(Float.isFinite(y[i])).as("number " + i).isEqualTo(i / 3 != 1);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void an_outlier_costs_only_its_neighbours_precision(
      Packing packing, ScalarType dtype, boolean kernels) throws Exception {
    try (PointerScope scope = new PointerScope();
        AutoCloseable without = kernels ? () -> {} : Kernels.suspended()) {
      float[] ones = new float[256];
      Arrays.fill(ones, 1); // which both packings hold exactly
      Packed packed =
          new Packed(
              packing,
              Tensors.floats(ones, Device.CPU, 1, 256).to(dtype),
              false,
              new MatrixPool(dtype, Device.CPU));
      float[] x = new float[256];
      Arrays.fill(x, 128, 256, 1e-3f);
      x[0] = 300;
      x[1] = -300;
      float[] y =
          Tensors.toFloats(packed.product(Tensors.floats(x, Device.CPU, 1, 256).to(dtype), null));
      assertThat(y[0]).isCloseTo(0.128f, within(0.005f));
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void rounding_is_to_the_nearest(Packing packing, ScalarType dtype, boolean kernels)
      throws Exception {
    try (PointerScope scope = new PointerScope();
        AutoCloseable without = kernels ? () -> {} : Kernels.suspended()) {
      // Whole numbers that are codes themselves, so that nothing is lost.
      float[] exact = new float[2 * 64];
      for (int i = 0; i < exact.length; i++) {
        exact[i] = packing == Packing.INT8 ? i * 2 - 127 : i % 16 - 8;
      }
      exact[64] = packing == Packing.INT8 ? 127 : exact[64];
      exact[0] = packing == Packing.INT8 ? -127 : exact[0];
      Tensor w = Tensors.floats(exact, Device.CPU, 2, 64).to(dtype);
      Packed packed = new Packed(packing, w, false, new MatrixPool(dtype, Device.CPU));
      assertThat(Tensors.toFloats(packed.rows(0, 2))).containsExactly(Tensors.toFloats(w));
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void few_rows_times_a_plain_matrix(Packing ignored, ScalarType dtype, boolean kernels)
      throws Exception {
    try (PointerScope scope = new PointerScope();
        AutoCloseable without = kernels ? () -> {} : Kernels.suspended()) {
      for (int k : List.of(32, 96, 100)) {
        Tensor w = random(dtype, 19, k);
        Tensor bias = random(dtype, 19);
        for (int rows = 1; rows < 8; rows++) {
          Tensor x = random(dtype, rows, k);
          Tensor expected =
              torch
                  .matmul(x.to(ScalarType.Float), w.to(ScalarType.Float).t())
                  .add(bias.to(ScalarType.Float));
          Tensor off = Products.linear(x, w, bias).to(ScalarType.Float).sub(expected);
          double bound = dtype == ScalarType.Float ? 1e-4 : 0.02 + largest(expected) / 128;
          assertThat(largest(off)).isLessThan(bound);
        }
      }
    }
  }
}
