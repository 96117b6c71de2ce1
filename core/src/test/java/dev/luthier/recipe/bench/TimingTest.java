package dev.luthier.recipe.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.measure.StepTimer.Step;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimingTest {
  @Test
  void the_median_counts_so_that_one_slow_step_does_not() {
    Timing odd =
        new Timing(10, List.of(new Step(2, 4, 0), new Step(90, 5, 0), new Step(1, 3, 0)), 0);
    assertThat(odd.stepSeconds()).isEqualTo(2);
    assertThat(odd.processorSeconds()).isEqualTo(4);
    assertThat(odd.tokensPerSecond()).isEqualTo(5);
    Timing even = new Timing(10, List.of(new Step(4, 1, 0), new Step(2, 1, 0)), 0);
    assertThat(even.stepSeconds()).isEqualTo(3);
  }
}
