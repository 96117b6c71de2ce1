package dev.luthier.train.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class KlWeightTest {
  /** Ziegler et al.: K = 0.1, and the error is clipped at 0.2. */
  @Test
  void it_moves_as_the_paper_says() {
    KlWeight weight = new KlWeight(0.05, Optional.of(6.0));
    assertThat(weight.next(0.05, 6)).isCloseTo(0.05, within(1e-15));
    assertThat(weight.next(0.05, 6.6)).isCloseTo(0.05 * 1.01, within(1e-15));
    assertThat(weight.next(0.05, 60)).isCloseTo(0.05 * 1.02, within(1e-15));
    assertThat(weight.next(0.05, -60)).isCloseTo(0.05 * 0.98, within(1e-15));
  }

  @Test
  void without_a_target_it_stays() {
    assertThat(new KlWeight(0.05, Optional.empty()).next(0.05, 60)).isEqualTo(0.05);
  }
}
