package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.UsageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BpeTrainerTest {
  private static List<String> merges(int count, List<String> specials, String... texts) {
    return new BpeTrainer(256 + specials.size() + count, specials, 1)
        .train(Stream.of(texts)).merges().stream().map(m -> m.first() + "+" + m.second()).toList();
  }

  @Test
  void the_worked_example_of_sennrich_with_ties_going_to_the_greater_pair() {
    // Spaces apart so that each word stands alone: low x5, lower x2, widest x3, newest x6.
    String text = "low low low low low lower lower widest widest widest " + "newest ".repeat(6);
    // e+s and s+t both occur 9 times: s+t is bytewise greater. Then e+st.
    assertThat(merges(3, List.of(), text)).startsWith("s+t", "e+st");
  }

  @Test
  void overlapping_pairs_merge_from_the_left() {
    TrainedBpe bpe = new BpeTrainer(258, List.of(), 1).train(Stream.of("aaaaa"));
    assertThat(bpe.merges())
        .containsExactly(new TrainedBpe.Merge("a", "a"), new TrainedBpe.Merge("aa", "aa"));
  }

  @Test
  void no_merge_crosses_a_special_token_or_a_text() {
    assertThat(merges(5, List.of("<|x|>"), "a<|x|>b", "a", "b")).isEmpty();
    assertThat(merges(5, List.of(), "a<|x|>b")).isNotEmpty();
  }

  @Test
  void a_longer_special_token_hides_behind_no_shorter_one() {
    assertThat(merges(5, List.of("<|", "<|xx|>"), "<|xx|>")).isEmpty();
  }

  @Test
  void rare_pairs_are_left_alone() {
    TrainedBpe bpe = new BpeTrainer(1000, List.of(), 3).train(Stream.of("ab ab ab cd cd"));
    assertThat(bpe.merges()).contains(new TrainedBpe.Merge("a", "b"));
    assertThat(bpe.merges()).doesNotContain(new TrainedBpe.Merge("c", "d"));
  }

  @Test
  void the_vocabulary_has_the_size_asked_for_with_special_tokens_first(@TempDir Path folder) {
    Tokenizer tokenizer = TestTokenizers.write(folder, 321, TestTokenizers.roles(false));
    assertThat(tokenizer.vocabSize()).isEqualTo(321);
    assertThat(tokenizer.idOf("<|endoftext|>")).hasValue(0);
    assertThat(tokenizer.idOf("!")).hasValue(3);
    assertThat(tokenizer.idOf("Ġ")).isPresent();
  }

  @Test
  void settings_that_cannot_be_meant_are_refused() {
    assertThatThrownBy(() -> new BpeTrainer(257, List.of("<a>", "<b>"), 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("at least 258");
    assertThatThrownBy(() -> new BpeTrainer(300, List.of("<a>", "<a>"), 1))
        .isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> new BpeTrainer(300, List.of("a"), 1))
        .isInstanceOf(UsageException.class);
  }

  @Property(tries = 200)
  void counts_kept_up_to_date_give_the_merges_of_counting_anew(@ForAll("words") String text) {
    assertThat(merges(25, List.of(), text)).isEqualTo(slowMerges(text, 25));
  }

  @Property(tries = 50)
  void any_text_survives_a_round_trip(@ForAll("unicode") String text) {
    Tokenizer tokenizer = TestTokenizers.chat();
    assertThat(tokenizer.decode(tokenizer.encodeIds(text, false), false)).isEqualTo(text);
  }

  /** Few letters, so that ties, overlaps and two ways to the same token are frequent. */
  @Provide
  Arbitrary<String> words() {
    return Arbitraries.strings().withChars("aabbc ").ofMinLength(1).ofMaxLength(120);
  }

  @Provide
  Arbitrary<String> unicode() {
    return Arbitraries.integers()
        .between(0, 0x10FFFF)
        .filter(c -> c < 0xD800 || c > 0xDFFF)
        .list()
        .ofMaxSize(60)
        .map(
            points -> {
              StringBuilder out = new StringBuilder();
              points.forEach(out::appendCodePoint);
              return out.toString();
            });
  }

  /**
   * The definition itself: count all pairs, merge the best, start over. Texts of a, b, c, space.
   */
  private static List<String> slowMerges(String text, int count) {
    List<List<String>> words = new ArrayList<>();
    var matcher = java.util.regex.Pattern.compile(" ?[abc]+|\\s+(?!\\S)|\\s+").matcher(text);
    while (matcher.find()) {
      words.add(new ArrayList<>(List.of(matcher.group().replace(' ', 'Ġ').split(""))));
    }
    List<String> merges = new ArrayList<>();
    java.util.Set<String> tokens = new java.util.HashSet<>();
    while (tokens.size() < count) {
      Map<List<String>, Integer> pairs = new HashMap<>();
      for (List<String> word : words) {
        for (int i = 0; i + 1 < word.size(); i++) {
          pairs.merge(List.of(word.get(i), word.get(i + 1)), 1, Integer::sum);
        }
      }
      if (pairs.isEmpty()) {
        break;
      }
      List<String> best = Collections.max(pairs.entrySet(), BEST).getKey();
      for (List<String> word : words) {
        for (int i = 0; i + 1 < word.size(); i++) {
          if (word.subList(i, i + 2).equals(best)) {
            word.set(i, word.get(i) + word.remove(i + 1));
          }
        }
      }
      merges.add(best.get(0) + "+" + best.get(1));
      tokens.add(best.get(0) + best.get(1));
    }
    return merges;
  }

  /** Of these letters the space's byte is the smallest, but its stand-in the greatest. */
  private static String bytes(String token) {
    return token.replace('Ġ', ' ');
  }

  private static final Comparator<Map.Entry<List<String>, Integer>> BEST =
      Map.Entry.<List<String>, Integer>comparingByValue()
          .thenComparing(entry -> bytes(entry.getKey().get(0)))
          .thenComparing(entry -> bytes(entry.getKey().get(1)));
}
