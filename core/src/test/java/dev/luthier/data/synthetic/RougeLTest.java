package dev.luthier.data.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.generate.SplitMix64;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RougeLTest {
  @Test
  void words_are_runs_of_letters_and_digits_in_lower_case() {
    assertThat(WordTokens.of("It's 3 o'clock, Dr_No!"))
        .containsExactly("it", "s", "3", "o", "clock", "dr", "no");
    assertThat(WordTokens.of("Größe über alles")).containsExactly("größe", "über", "alles");
    assertThat(WordTokens.of("東京 is ok")).containsExactly("東", "京", "is", "ok");
    assertThat(WordTokens.of("  ,.!")).isEmpty();
  }

  @Test
  void rouge_l_is_twice_the_common_subsequence_over_both_lengths() {
    // the cat . on . mat
    assertThat(RougeL.f("the cat sat on the mat", "the cat lay on a mat")).isEqualTo(2 * 4 / 12.0);
    // Lin 2004, section 3.1: with beta 1, precision and recall of 3/4, then of 2/4.
    assertThat(RougeL.f("police killed the gunman", "police kill the gunman")).isEqualTo(0.75);
    assertThat(RougeL.f("police killed the gunman", "the gunman kill police")).isEqualTo(0.5);
    assertThat(RougeL.f("a b c", "a b c")).isEqualTo(1);
    assertThat(RougeL.f("a b c", "c b a")).isCloseTo(1 / 3.0, within(1e-15));
    assertThat(RougeL.f("a b", "x y")).isZero();
    assertThat(RougeL.f("", "x y")).isZero();
    assertThat(RougeL.f("x y", "!")).isZero();
  }

  @Test
  void bits_and_table_give_the_same_common_subsequence_at_every_length() {
    SplitMix64 random = new SplitMix64(7);
    for (int round = 0; round < 1500; round++) {
      int letters = 1 + below(random, 12);
      int[] a = words(random, below(random, 200), letters);
      int[] b = words(random, below(random, 200), letters);
      assertThat(new LcsPattern(a).with(b)).isEqualTo(table(a, b));
    }
    for (int n : new int[] {63, 64, 65, 127, 128, 129}) {
      int[] same = words(random, n, 3);
      assertThat(new LcsPattern(same).with(same)).isEqualTo(n);
    }
  }

  @Test
  void the_index_finds_what_comparing_with_every_text_finds() {
    SplitMix64 random = new SplitMix64(11);
    RougeL index = new RougeL();
    List<String> all = new ArrayList<>();
    int found = 0;
    for (int round = 0; round < 800; round++) {
      String text = text(random);
      double limit = List.of(0.0, 0.5, 0.7, 1.0).get(below(random, 4));
      Optional<RougeL.Match> slow = Optional.empty();
      for (String other : all) {
        double f = plain(other, text);
        if (f > 0 && f >= limit && f > slow.map(RougeL.Match::f).orElse(0.0)) {
          slow = Optional.of(new RougeL.Match(other, f));
        }
      }
      assertThat(index.nearest(text, limit)).isEqualTo(slow);
      found += slow.isPresent() ? 1 : 0;
      index.add(text);
      all.add(text);
    }
    assertThat(found).isBetween(200, 700);
  }

  /** The textbook's table. */
  private static int table(int[] a, int[] b) {
    int[][] best = new int[a.length + 1][b.length + 1];
    for (int i = 1; i <= a.length; i++) {
      for (int j = 1; j <= b.length; j++) {
        best[i][j] =
            a[i - 1] == b[j - 1]
                ? best[i - 1][j - 1] + 1
                : Math.max(best[i - 1][j], best[i][j - 1]);
      }
    }
    return best[a.length][b.length];
  }

  private static double plain(String a, String b) {
    int[] x = List.of(a.split(" ")).stream().mapToInt(String::hashCode).toArray();
    int[] y = List.of(b.split(" ")).stream().mapToInt(String::hashCode).toArray();
    return 2.0 * table(x, y) / (x.length + y.length);
  }

  private static String text(SplitMix64 random) {
    StringBuilder text = new StringBuilder("w");
    int[] words = words(random, below(random, 12), 9);
    for (int word : words) {
      text.append(" w").append(word);
    }
    return text.toString();
  }

  private static int[] words(SplitMix64 random, int length, int letters) {
    int[] words = new int[length];
    for (int i = 0; i < length; i++) {
      words[i] = below(random, letters);
    }
    return words;
  }

  private static int below(SplitMix64 random, int bound) {
    return (int) (random.nextDouble() * bound);
  }
}
