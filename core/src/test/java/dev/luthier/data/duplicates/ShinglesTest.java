package dev.luthier.data.duplicates;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ShinglesTest {
  /** The shingle alone as a text has the same hash, so the rolling hash forgets what it left. */
  @Property
  void a_text_has_the_hash_of_each_of_its_substrings_once_in_ascending_order(
      @ForAll String text, @ForAll @IntRange(min = 1, max = 12) int length, @ForAll long seed) {
    Shingles shingles = new Shingles(length, seed);
    int first = Math.min(length, text.length());
    int[] expected =
        text.isEmpty()
            ? new int[0]
            : IntStream.rangeClosed(0, text.length() - first)
                .flatMap(i -> Arrays.stream(shingles.of(text.substring(i, i + first), 0)))
                .sorted()
                .distinct()
                .toArray();
    assertThat(shingles.of(text, 0)).isEqualTo(expected);
  }

  @Test
  void long_repetitive_texts_have_few() {
    assertThat(new Shingles(5, 0).of("abc".repeat(100_000), 0)).hasSize(3);
  }

  @Test
  void another_seed_gives_other_hashes() {
    assertThat(new Shingles(5, 1).of("some text", 0))
        .isNotEqualTo(new Shingles(5, 2).of("some text", 0))
        .isNotEqualTo(new Shingles(5, 1).of("some text", 7));
  }
}
