package dev.luthier.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AllFiniteTest {
  @ParameterizedTest
  @EnumSource(names = {"Float", "BFloat16", "Half", "Double"})
  void one_element_that_is_not_finite_is_seen_wherever_it_stands(ScalarType dtype) {
    Native.load();
    try (PointerScope scope = new PointerScope()) {
      for (double bad : new double[] {Double.NaN, 1 / 0., -1 / 0.}) {
        for (long at : new long[] {0, 17, 70_000}) {
          Tensor t = torch.zeros(70_001).to(dtype);
          assertThat(Tensors.allFinite(t)).isTrue();
          t.select(0, at).fill_(Tensors.scalar(bad));
          assertThat(Tensors.allFinite(t)).as("%s at %d", bad, at).isFalse();
        }
      }
    }
  }

  @Test
  void nothing_is_finite() {
    Native.load();
    try (PointerScope scope = new PointerScope()) {
      assertThat(Tensors.allFinite(torch.zeros(0))).isTrue();
    }
  }
}
