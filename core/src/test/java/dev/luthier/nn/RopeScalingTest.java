package dev.luthier.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.nn.RopeScaling.Type;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Closed forms; whole models with llama3 and yarn are compared with transformers in
 * LlamaOracleTest.
 */
class RopeScalingTest {
  private static RopeScaling of(Type type, double factor) {
    return new RopeScaling(
        type, 8, 10000, factor, 64, 32, 1, 4, 32, 1, true, 1, List.of(), List.of());
  }

  @Test
  void plain_frequencies_are_powers_of_theta() {
    assertThat(of(Type.DEFAULT, 1).frequencies(5))
        .containsExactly(new float[] {1, 0.1f, 0.01f, 0.001f}, within(1e-7f));
  }

  @Test
  void linear_scaling_divides_every_frequency() {
    assertThat(of(Type.LINEAR, 4).frequencies(5))
        .containsExactly(new float[] {0.25f, 0.025f, 0.0025f, 0.00025f}, within(1e-7f));
  }

  @Test
  void dynamic_scaling_leaves_the_trained_context_alone() {
    RopeScaling dynamic = of(Type.DYNAMIC, 2);
    assertThat(dynamic.frequencies(64)).isEqualTo(of(Type.DEFAULT, 1).frequencies(1));
    assertThat(dynamic.frequencies(3)).isEqualTo(dynamic.frequencies(64));
  }

  @Test
  void dynamic_scaling_raises_theta_by_the_ntk_rule_beyond_it() {
    // 128 positions over a context of 64, factor 2: theta (2 * 128 / 64 - 1)^(8/6).
    double theta = 10000 * Math.pow(3, 8.0 / 6);
    float[] f = of(Type.DYNAMIC, 2).frequencies(128);
    for (int i = 0; i < 4; i++) {
      assertThat((double) f[i]).isCloseTo(Math.pow(theta, -2.0 * i / 8), within(1e-8));
    }
  }

  @Test
  void llama3_keeps_short_waves_and_stretches_long_ones() {
    // Wavelengths 6.28, 62.8, 628, 6283 against bounds 32 / 4 = 8 and 32 / 1 = 32.
    assertThat(of(Type.LLAMA3, 8).frequencies(5))
        .containsExactly(new float[] {1, 0.1f / 8, 0.01f / 8, 0.001f / 8}, within(1e-8f));
  }
}
