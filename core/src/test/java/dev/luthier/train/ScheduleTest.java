package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ScheduleTest {
  @Test
  void cosine_with_floor_falls_from_the_peak_to_its_floor() {
    Schedule s = new Schedule(ScheduleKind.COSINE_WITH_FLOOR, 2, 110, 10, 0.1, 0);
    assertThat(s.rate(5)).isEqualTo(1);
    assertThat(s.rate(10)).isEqualTo(2);
    assertThat(s.rate(60)).isCloseTo(2 * (0.1 + 0.9 * 0.5), within(1e-12));
    assertThat(s.rate(110)).isCloseTo(0.2, within(1e-12));
  }

  @Test
  void warmup_stable_decay_stays_at_the_peak_until_its_last_steps() {
    Schedule s = new Schedule(ScheduleKind.WSD, 2, 100, 10, 0.1, 20);
    assertThat(s.rate(9)).isCloseTo(1.8, within(1e-12));
    assertThat(s.rate(79)).isEqualTo(2);
    assertThat(s.rate(90)).isCloseTo(2 * (0.1 + 0.9 * 0.5), within(1e-12));
    assertThat(s.rate(100)).isCloseTo(0.2, within(1e-12));
  }
}
