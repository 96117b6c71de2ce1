package dev.luthier.train.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.LuthierException;
import dev.luthier.train.policy.PolicyLoss.Tokens;
import dev.luthier.train.policy.PolicySettings.Level;
import dev.luthier.train.policy.PolicySettings.Mean;
import dev.luthier.train.policy.PolicySum.Answer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PolicyLossTest {
  private static final PolicyLoss CLIPPED = new ClippedLoss();
  private static final double[] NOW = {-1.2, -0.4, -2.2};
  private static final double[] OLD = {-1.3, -0.9, -1.7};
  private static final double[] REFERENCE = {-1.0, -0.5, -2.0};

  private static PolicySettings settings(Level level, Mean mean) {
    return new PolicySettings(0.2, 0.28, 1.5, 0.1, level, mean, 8);
  }

  private static List<Answer> answers(double first) {
    double[] now = NOW.clone();
    now[0] = first;
    return List.of(
        new Answer(new Tokens(now, OLD, new double[] {0.7, 0.7, 0.7}), REFERENCE),
        new Answer(
            new Tokens(
                new double[] {-0.3, -0.2}, new double[] {-0.6, -0.1}, new double[] {-1.1, -1.1}),
            REFERENCE));
  }

  @ParameterizedTest
  @EnumSource
  void derivatives_are_those_of_the_loss(Mean mean) {
    for (Level level : Level.values()) {
      PolicySettings set = settings(level, mean);
      double h = 1e-6;
      double up = PolicySum.of(answers(NOW[0] + h), CLIPPED, set).loss();
      double down = PolicySum.of(answers(NOW[0] - h), CLIPPED, set).loss();
      assertThat(PolicySum.of(answers(NOW[0]), CLIPPED, set).gradient()[0][0])
          .isCloseTo((up - down) / (2 * h), within(1e-8));
    }
  }

  /** Of log-probabilities that have not moved every ratio is 1, and nothing is clipped. */
  @Test
  void the_first_pass_is_the_policy_gradient() {
    List<Answer> all = List.of(new Answer(new Tokens(NOW, NOW, new double[] {2, 2, 2}), null));
    PolicySum.Graded first = PolicySum.of(all, CLIPPED, settings(Level.TOKEN, Mean.ANSWERS));
    assertThat(first.loss()).isCloseTo(-2, within(1e-15));
    assertThat(first.gradient()[0]).containsOnly(-2.0 * (1.0 / 3));
    assertThat(first.clippedLow() + first.clippedHigh() + first.divergence()).isZero();
  }

  @Test
  void what_cannot_be_scored_counts_for_nothing() {
    double nan = Double.NaN;
    double[] rewards = {1, nan, 3, nan, nan, nan};
    assertThat(Advantages.ofGroups(rewards, 3, Advantages.Scale.NONE))
        .containsExactly(-1, 0, 1, 0, 0, 0);
    assertThat(Advantages.leaveOneOut(rewards, 3)).containsExactly(-2, 0, 2, 0, 0, 0);
    double[] scaled = Advantages.ofGroups(new double[] {0, 2, 5, 5}, 2, Advantages.Scale.BATCH);
    assertThat(scaled[1]).isCloseTo(1 / (Math.sqrt(6) + 1e-4), within(1e-12));
    assertThat(scaled[3]).isZero();
  }

  @Test
  void settings_that_mean_nothing_are_refused() {
    assertThatThrownBy(() -> new PolicySettings(-1, 0.2, 1.1, -1, Level.TOKEN, Mean.ANSWERS, 0))
        .isInstanceOf(LuthierException.class)
        .hasMessageContainingAll("clip low", "largest ratio", "kl", "max length");
  }
}
