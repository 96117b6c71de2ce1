package dev.luthier.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SoftmaxTest {
  /** Against the C library's that Java carries along. */
  @Test
  void exponentials_are_right_to_the_last_places() {
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 200_000; i++) {
      double x = i < 100_000 ? -random.nextDouble() * 30 : -random.nextDouble() * 700;
      double exact = StrictMath.exp(x);
      assertThat(Softmax.exp(x)).isCloseTo(exact, within(4 * Math.ulp(exact)));
    }
    assertThat(Softmax.exp(0)).isEqualTo(1);
    assertThat(Softmax.exp(-0.0)).isEqualTo(1);
    assertThat(Softmax.exp(-700)).isCloseTo(StrictMath.exp(-700), within(1e-317));
  }

  @Test
  void probabilities_sum_up_to_one_and_excluded_tokens_have_none() {
    double[] p = Softmax.of(new float[] {1, Float.NEGATIVE_INFINITY, -2, 3});
    assertThat(p[1]).isZero();
    assertThat(p[0] + p[2] + p[3]).isCloseTo(1, within(1e-15));
    assertThat(p[3] / p[0]).isCloseTo(Math.exp(2), within(1e-14));
  }

  @Test
  void the_sum_s_logarithm_does_not_overflow() {
    assertThat(Softmax.logSum(new float[] {1000, 1000}))
        .isCloseTo(1000 + Math.log(2), within(1e-12));
  }
}
