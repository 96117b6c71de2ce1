package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.SourceTargetCollator;
import dev.luthier.data.TokenSequence;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TrainingRowsTest {
  private static TokenSequence pair(int source, int target, int row) {
    int[] labels = new int[source + target];
    Arrays.fill(labels, source, labels.length, 7);
    Arrays.fill(labels, 0, source, TokenSequence.IGNORED);
    return new TokenSequence(new int[source + target], labels, row);
  }

  /** Plans count on it, and so does the pass before the first step. */
  @Test
  void no_two_pairs_make_a_longer_batch_than_the_longest_one() {
    SplittableRandom random = new SplittableRandom(1);
    List<List<TokenSequence>> pairs =
        IntStream.range(0, 30)
            .mapToObj(i -> List.of(pair(random.nextInt(1, 40), random.nextInt(1, 40), i)))
            .toList();
    TrainingRows rows = new TrainingRows(pairs, new SourceTargetCollator(0, 0, 4));
    int longest = 0;
    for (int a = 0; a < pairs.size(); a++) {
      for (int b = 0; b < a; b++) {
        longest = Math.max(longest, rows.batch(a, b).length());
      }
    }
    assertThat(rows.longest(2).length()).isEqualTo(longest);
    assertThat(rows.longest(3).length()).isEqualTo(longest);
    assertThat(rows.longest(3).rows()).isEqualTo(3);
    assertThat(rows.longest(1).length()).isLessThan(longest);
  }
}
