package dev.luthier.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class PatternSourceTest {
  private static float[] read(PatternSource source, String name, Init init, long... shape) {
    try (PointerScope scope = new PointerScope()) {
      Tensor target = torch.empty(shape, Tensors.options(ScalarType.Float, Device.CPU), null);
      source.read(name, init, target);
      return Tensors.toFloats(target);
    }
  }

  @Test
  void gives_normal_numbers_that_follow_from_seed_and_name() {
    try (PatternSource source = new PatternSource(1, 0.02, ScalarType.Float);
        PatternSource same = new PatternSource(1, 0.02, ScalarType.Float);
        PatternSource other = new PatternSource(2, 0.02, ScalarType.Float)) {
      float[] w = read(source, "w", Init.NORMAL, 1500, 1000);
      double sum = 0;
      double squares = 0;
      for (float f : w) {
        sum += f;
        squares += f * (double) f;
      }
      assertThat(sum / w.length).isCloseTo(0, within(1e-4));
      assertThat(Math.sqrt(squares / w.length)).isCloseTo(0.02, within(1e-4));
      assertThat(read(same, "w", Init.NORMAL, 1500, 1000)).isEqualTo(w);
      assertThat(read(source, "v", Init.NORMAL, 1500, 1000)).isNotEqualTo(w);
      assertThat(read(other, "w", Init.NORMAL, 1500, 1000)).isNotEqualTo(w);
    }
  }

  @Test
  void no_two_rows_are_alike_though_the_pattern_repeats() {
    try (PatternSource source = new PatternSource(1, 1, ScalarType.Float)) {
      float[] w = read(source, "w", Init.NORMAL, 2048, 1024);
      long different =
          java.util.stream.IntStream.range(0, 2048)
              .mapToObj(r -> Arrays.hashCode(Arrays.copyOfRange(w, r * 1024, r * 1024 + 8)))
              .distinct()
              .count();
      assertThat(different).isEqualTo(2048);
    }
  }

  @Test
  void leaves_norms_at_one() {
    try (PatternSource source = new PatternSource(1, 1, ScalarType.BFloat16)) {
      assertThat(read(source, "n", Init.ONES, 3)).containsExactly(1, 1, 1);
    }
  }
}
