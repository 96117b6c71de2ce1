package dev.luthier.data.duplicates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BandingTest {
  @Test
  void at_0_8_there_are_26_bands_of_8_values() {
    Banding banding = Banding.of(0.8);
    assertThat(banding).isEqualTo(new Banding(26, 8));
    // 1 - (1 - 0.16777216)^26, by hand
    assertThat(banding.recall(0.8)).isCloseTo(0.99156, offset(1e-5));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.1, 0.2, 0.35, 0.5, 0.6, 0.7, 0.75, 0.85, 0.9, 0.95, 0.99, 1})
  void as_many_bands_as_the_recall_needs_and_no_more(double threshold) {
    Banding banding = Banding.of(threshold);
    assertThat(banding.values()).isBetween(1, 256);
    assertThat(banding.recall(threshold)).isGreaterThanOrEqualTo(0.99);
    Banding fewer = new Banding(banding.bands() - 1, banding.width());
    assertThat(fewer.recall(threshold)).isLessThan(0.99);
  }
}
