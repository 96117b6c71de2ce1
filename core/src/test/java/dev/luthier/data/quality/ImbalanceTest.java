package dev.luthier.data.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ImbalanceTest {
  @Test
  void equal_values_count_as_many_as_they_are() {
    Imbalance even = Imbalance.of(Map.of("a", 5L, "b", 5L, "c", 5L, "d", 5L));
    assertThat(even.effective()).isCloseTo(4, within(1e-12));
    assertThat(even.majority()).isEqualTo(0.25);
    assertThat(even.findings("label", 0.5, 5)).isEmpty();
  }

  @Test
  void the_effective_number_is_the_exponential_of_the_entropy() {
    Imbalance spread = Imbalance.of(Map.of("a", 90L, "b", 10L));
    double entropy = -0.9 * Math.log(0.9) - 0.1 * Math.log(0.1);
    assertThat(spread.effective()).isCloseTo(Math.exp(entropy), within(1e-12));
  }

  @Test
  void a_majority_and_rare_values_are_findings() {
    Imbalance spread = Imbalance.of(Map.of("spam", 10L, "ham", 90L, "none", 0L));
    assertThat(spread.counts().keySet()).containsExactly("ham", "spam");
    assertThat(spread.findings("label", 0.8, 50))
        .containsExactly(
            "label: 90 % of 100 rows are \"ham\"; the 2 values count as 1.4 equally frequent ones",
            "label: 1 of 2 values has fewer than 50 rows: \"spam\" (10)");
    assertThat(spread.findings("label", 0.9, 10)).isEmpty();
  }

  @Test
  void names_and_single_values_are_no_labels() {
    assertThat(Imbalance.of(Map.of("only", 100L)).findings("source", 0.5, 50)).isEmpty();
    assertThat(Imbalance.of(Map.of("a", 1L, "b", 1L, "c", 1L)).findings("id", 0.1, 50)).isEmpty();
    assertThat(Imbalance.of(Map.of()).findings("empty", 0.5, 50)).isEmpty();
  }

  @Test
  void equally_frequent_values_stand_by_name() {
    assertThat(Imbalance.of(Map.of("b", 2L, "a", 2L, "c", 3L)).counts().keySet())
        .containsExactly("c", "a", "b");
  }
}
