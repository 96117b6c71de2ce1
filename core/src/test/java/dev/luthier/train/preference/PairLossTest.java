package dev.luthier.train.preference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.LuthierException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PairLossTest {
  private static final PairSettings SETTINGS = new PairSettings(0.3, 0.1);

  @ParameterizedTest
  @EnumSource
  void derivatives_are_those_of_the_loss(PairLoss loss) {
    double h = 1e-6;
    for (double[] at : new double[][] {{0.7, -1.2}, {-2, 3}, {4, 4.5}, {0.1, 0.05}}) {
      double c = at[0];
      double r = at[1];
      PairLoss.Graded here = loss.of(c, r, SETTINGS);
      double up = loss.of(c + h, r, SETTINGS).loss() - loss.of(c - h, r, SETTINGS).loss();
      double down = loss.of(c, r + h, SETTINGS).loss() - loss.of(c, r - h, SETTINGS).loss();
      assertThat(here.byChosen()).isCloseTo(up / (2 * h), within(1e-8));
      assertThat(here.byRejected()).isCloseTo(down / (2 * h), within(1e-8));
    }
  }

  /** What is far apart does not overflow, and what is right by far costs nothing. */
  @ParameterizedTest
  @EnumSource
  void far_apart_is_finite(PairLoss loss) {
    for (double far : new double[] {-1e6, 1e6}) {
      PairLoss.Graded graded = loss.of(far, -far, SETTINGS);
      assertThat(graded.loss()).isFinite();
      assertThat(graded.byChosen()).isFinite();
      assertThat(graded.byRejected()).isFinite();
    }
  }

  @Test
  void where_policy_and_reference_agree_the_loss_is_the_logarithm_of_two() {
    PairSettings plain = new PairSettings(0.1, 0);
    assertThat(PairLoss.SIGMOID.of(0, 0, plain).loss()).isEqualTo(Math.log(2));
    assertThat(PairLoss.SIGMOID.of(0, 0, plain).byChosen()).isEqualTo(-0.05);
    assertThat(PairLoss.ROBUST.of(0.4, 0.1, plain)).isEqualTo(PairLoss.SIGMOID.of(0.4, 0.1, plain));
  }

  @Test
  void settings_that_mean_nothing_are_refused() {
    assertThatThrownBy(() -> new PairSettings(0, 0.5))
        .isInstanceOf(LuthierException.class)
        .hasMessageContainingAll("beta", "label smoothing");
  }
}
