package dev.luthier.data.duplicates;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class JaccardTest {
  private static int[] array(Set<Integer> set) {
    return new TreeSet<>(set).stream().mapToInt(Integer::intValue).toArray();
  }

  @Property
  void is_what_the_sets_share_over_what_they_have_together(
      @ForAll Set<@IntRange(min = -20, max = 20) Integer> a,
      @ForAll Set<@IntRange(min = -20, max = 20) Integer> b) {
    Set<Integer> both = new TreeSet<>(a);
    both.retainAll(b);
    Set<Integer> all = new TreeSet<>(a);
    all.addAll(b);
    double expected = both.isEmpty() ? 0 : (double) both.size() / all.size();
    assertThat(Jaccard.of(array(a), array(b))).isEqualTo(expected);
    for (double threshold : new double[] {0.1, 0.5, 0.6, 0.8, 0.9, 1}) {
      assertThat(Jaccard.atLeast(threshold, array(a), array(b))).isEqualTo(expected >= threshold);
    }
  }

  @Test
  void four_of_five_is_exactly_0_8() {
    assertThat(Jaccard.atLeast(0.8, new int[] {1, 2, 3, 4, 5}, new int[] {1, 2, 4, 5})).isTrue();
    assertThat(Jaccard.atLeast(0.81, new int[] {1, 2, 3, 4, 5}, new int[] {1, 2, 4, 5})).isFalse();
  }
}
