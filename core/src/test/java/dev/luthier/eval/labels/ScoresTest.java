package dev.luthier.eval.labels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ScoresTest {
  private static Confusion confusion(long[]... counts) {
    return new Confusion(List.of("a", "b", "c").subList(0, counts.length), counts);
  }

  @Test
  void precision_recall_and_f1_are_counted_by_hand() {
    Confusion c = confusion(new long[] {5, 1, 0}, new long[] {2, 3, 0}, new long[] {1, 0, 0});
    assertThat(c.accuracy()).isCloseTo(8 / 12.0, within(1e-12));
    assertThat(c.precision(0)).isCloseTo(5 / 8.0, within(1e-12));
    assertThat(c.recall(0)).isCloseTo(5 / 6.0, within(1e-12));
    assertThat(c.f1(0)).isCloseTo(2 * 5 / (8.0 + 6), within(1e-12));
    assertThat(c.precision(2)).isZero();
    assertThat(c.macroF1()).isCloseTo((10 / 14.0 + 6 / 9.0 + 0) / 3, within(1e-12));
    assertThat(c.majorityLabel()).isEqualTo("a");
    assertThat(c.majorityShare()).isCloseTo(0.5, within(1e-12));
  }

  /** 0.9 of 100: 0.8256 to 0.9448 in Wilson's tables; of 10 of 10, 0.7225 to 1. */
  @Test
  void the_interval_of_an_accuracy_is_wilsons() {
    double[] most = confusion(new long[] {50, 5}, new long[] {5, 40}).accuracyInterval();
    assertThat(most[0]).isCloseTo(0.8256, within(1e-4));
    assertThat(most[1]).isCloseTo(0.9448, within(1e-4));
    double[] all = confusion(new long[] {6, 0}, new long[] {0, 4}).accuracyInterval();
    assertThat(all[0]).isCloseTo(0.7225, within(1e-4));
    assertThat(all[1]).isCloseTo(1, within(1e-12));
  }

  @Test
  void the_margin_over_the_majority_is_of_the_same_rows() {
    Confusion always = confusion(new long[] {60, 0}, new long[] {40, 0});
    assertThat(always.margin()).containsExactly(0, 0, 0);
    // 30 gained, 10 lost of 100: (30 - 10) / 100, variance (40 - 400 / 100) / 100^2.
    double[] margin = confusion(new long[] {50, 10}, new long[] {10, 30}).margin();
    assertThat(margin[0]).isCloseTo(0.2, within(1e-12));
    assertThat(margin[1]).isCloseTo(0.2 - 1.959964 * 0.06, within(1e-6));
    assertThat(margin[2]).isCloseTo(0.2 + 1.959964 * 0.06, within(1e-6));
  }

  /** The cases of conlleval's rules: B begins, a change of type begins, O and E end. */
  @Test
  void entities_are_read_as_conlleval_does() {
    assertThat(Entity.of(List.of("B-PER", "I-PER", "O", "B-LOC", "B-LOC", "I-PER")))
        .containsExactly(
            new Entity("PER", 0, 1),
            new Entity("LOC", 3, 3),
            new Entity("LOC", 4, 4),
            new Entity("PER", 5, 5));
    assertThat(Entity.of(List.of("I-ORG", "I-ORG", "E-ORG", "I-ORG", "S-X", "S-X")))
        .containsExactly(
            new Entity("ORG", 0, 2),
            new Entity("ORG", 3, 3),
            new Entity("X", 4, 4),
            new Entity("X", 5, 5));
    assertThat(Entity.of(List.of("O", "O"))).isEmpty();
  }

  @Test
  void an_entity_counts_only_with_its_words_and_its_type() {
    EntityCount count = new EntityCount();
    count.add(List.of("B-PER", "I-PER", "O", "B-LOC"), List.of("B-PER", "O", "O", "B-LOC"));
    count.add(List.of("B-LOC", "O"), List.of("B-PER", "B-PER"));
    Scores all = count.summary();
    assertThat(all.support()).isEqualTo(3);
    assertThat(all.precision()).isCloseTo(1 / 4.0, within(1e-12));
    assertThat(all.recall()).isCloseTo(1 / 3.0, within(1e-12));
    assertThat(all.f1()).isCloseTo(2 / 7.0, within(1e-12));
  }

  @Test
  void correlations_are_pearsons_and_spearmans() {
    double[] a = {1, 2, 3, 4};
    assertThat(Correlation.pearson(a, new double[] {2, 4, 6, 9}))
        .isCloseTo(11.5 / Math.sqrt(5 * 26.75), within(1e-12));
    assertThat(Correlation.spearman(a, new double[] {1, 10, 100, 1000}))
        .isCloseTo(1, within(1e-12));
    // Ranks 1.5, 1.5, 3, 4 of equal numbers.
    assertThat(Correlation.spearman(a, new double[] {5, 5, 7, 9}))
        .isCloseTo(4.5 / Math.sqrt(5 * 4.5), within(1e-12));
  }
}
