package dev.luthier.train.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.train.policy.RewardFunction.Completion;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RewardSumTest {
  private static final List<Completion> ANSWERS =
      List.of(
          new Completion("", "a", Map.of(), true),
          new Completion("", "b", Map.of(), true),
          new Completion("", "c", Map.of(), true));

  private static RewardSum.Part part(String name, double weight, double... scores) {
    return new RewardSum.Part(name, weight, completions -> scores);
  }

  @Test
  void what_one_cannot_score_is_left_to_the_others() {
    double nan = Double.NaN;
    RewardSum.Scores scores =
        new RewardSum(List.of(part("x", 2, 1, nan, nan), part("y", -1, 3, 5, nan))).of(ANSWERS);
    assertThat(scores.sums()).containsExactly(-1, -5, nan);
    assertThat(scores.means()).isEqualTo(Map.of("reward/x", 1.0, "reward/y", 4.0));
  }

  @Test
  void one_alone_has_no_name_in_the_metrics() {
    RewardSum.Scores scores = new RewardSum(List.of(part("x", 0.5, 2, 4, 6))).of(ANSWERS);
    assertThat(scores.sums()).containsExactly(1, 2, 3);
    assertThat(scores.means()).isEmpty();
  }

  @Test
  void functions_that_give_what_is_no_reward_are_named() {
    assertThatThrownBy(() -> new RewardSum(List.of(part("few", 1, 1, 2))).of(ANSWERS))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("few was given 3 answers and gave 2 scores");
    double infinite = Double.POSITIVE_INFINITY;
    assertThatThrownBy(() -> new RewardSum(List.of(part("much", 1, 1, 2, infinite))).of(ANSWERS))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("much gave an infinite score");
  }
}
