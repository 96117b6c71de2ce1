package dev.luthier.data.duplicates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.luthier.generate.SplitMix64;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MinHashTest {
  private static final int TRIALS = 4_000;

  private final SplitMix64 random = new SplitMix64(3);

  /** Two random sets with so many elements in common, and so many more of each. */
  private int[][] sets(int shared, int more) {
    int[] all = new int[shared + 2 * more];
    Arrays.setAll(all, i -> (int) random.nextLong());
    int[] a = Arrays.copyOf(all, shared + more);
    int[] b = Arrays.copyOf(all, shared + more);
    System.arraycopy(all, shared + more, b, shared, more);
    Arrays.sort(a);
    Arrays.sort(b);
    return new int[][] {a, b};
  }

  /** From fewer elements than bins, where most values are borrowed, to many more. */
  @ParameterizedTest
  @CsvSource({"2,1", "8,1", "20,5", "80,10", "100,100", "400,50", "3000,1000"})
  void values_agree_as_often_as_the_sets_are_similar(int shared, int more) {
    double jaccard = (double) shared / (shared + 2 * more);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < TRIALS; i++) {
      int[][] sets = sets(shared, more);
      MinHash minHash = new MinHash(Banding.of(0.8), random.nextLong());
      int[] a = minHash.sketch(sets[0]);
      int[] b = minHash.sketch(sets[1]);
      int agree = 0;
      for (int k = 0; k < a.length; k++) {
        agree += a[k] == b[k] ? 1 : 0;
      }
      double share = (double) agree / a.length;
      sum += share;
      squares += share * share;
    }
    double mean = sum / TRIALS;
    double error = Math.sqrt((squares / TRIALS - mean * mean) / TRIALS);
    assertThat(mean).isCloseTo(jaccard, offset(4 * error));
  }

  /** Borrowed values hang together, so the formula holds to about a hundredth for tiny sets. */
  @ParameterizedTest
  @CsvSource({"8,1,0.01", "80,10,0.01", "60,20,0.03", "400,50,0.01", "600,200,0.03"})
  void candidates_are_as_many_as_the_bands_formula_says(int shared, int more, double tolerance) {
    Banding banding = Banding.of(0.8);
    int candidates = 0;
    for (int i = 0; i < TRIALS; i++) {
      int[][] sets = sets(shared, more);
      MinHash minHash = new MinHash(banding, random.nextLong());
      int[] a = minHash.keys(sets[0]);
      int[] b = minHash.keys(sets[1]);
      boolean meet = false;
      for (int band = 0; band < a.length; band++) {
        meet |= a[band] == b[band];
      }
      candidates += meet ? 1 : 0;
    }
    double expected = banding.recall((double) shared / (shared + 2 * more));
    assertThat((double) candidates / TRIALS).isCloseTo(expected, offset(tolerance));
  }
}
