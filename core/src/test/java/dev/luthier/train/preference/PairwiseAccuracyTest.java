package dev.luthier.train.preference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PairwiseAccuracyTest {
  private static double[] apart(int right, int wrong, double by) {
    double[] out = new double[right + wrong];
    Arrays.fill(out, 0, right, by);
    Arrays.fill(out, right, out.length, -by);
    return out;
  }

  /** As R's {@code prop.test(81, 263, correct = FALSE)} has it. */
  @Test
  void the_interval_is_wilsons() {
    PairwiseAccuracy of = PairwiseAccuracy.of(apart(81, 182, 1));
    assertThat(of.accuracy()).isCloseTo(0.3080, within(5e-5));
    assertThat(of.low()).isCloseTo(0.2553, within(5e-5));
    assertThat(of.high()).isCloseTo(0.3662, within(5e-5));
  }

  @Test
  void equal_scores_count_half() {
    assertThat(PairwiseAccuracy.of(0, 0, 1, -1).accuracy()).isEqualTo(0.5);
  }

  /** Scores ln 3 apart say 0.75. */
  @Test
  void what_is_right_as_often_as_it_says_is_calibrated() {
    double apart = Math.log(3);
    assertThat(PairwiseAccuracy.of(apart(75, 25, apart)).calibrationError())
        .isCloseTo(0, within(1e-12));
    assertThat(PairwiseAccuracy.of(apart(50, 50, apart)).calibrationError())
        .isCloseTo(0.25, within(1e-12));
    assertThat(PairwiseAccuracy.of(apart(100, 0, apart)).calibrationError())
        .isCloseTo(0.25, within(1e-12));
  }
}
