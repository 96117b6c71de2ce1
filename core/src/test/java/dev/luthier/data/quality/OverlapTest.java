package dev.luthier.data.quality;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.quality.Overlap.Hit;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OverlapTest {
  private static String words(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "word" + i).collect(Collectors.joining(" "));
  }

  @Test
  void thirteen_words_in_common_are_a_hit_and_twelve_are_none() {
    Overlap overlap = new Overlap();
    overlap.add(words(0, 20));
    assertThat(overlap.of("before " + words(0, 13) + " after"))
        .containsExactly(new Hit(0, 1, 8, false));
    assertThat(overlap.of("before " + words(0, 12) + " after")).isEmpty();
    assertThat(overlap.of(words(3, 18))).containsExactly(new Hit(0, 3, 8, false));
  }

  @Test
  void case_and_punctuation_do_not_matter() {
    Overlap overlap = new Overlap(4);
    overlap.add("Don't panic, said the guide -- calmly!");
    assertThat(overlap.of("DON’T PANIC: \"Said\" the guide, calmly"))
        .containsExactly(new Hit(0, 4, 4, true));
  }

  @Test
  void short_texts_compare_whole() {
    Overlap overlap = new Overlap();
    overlap.add("What is the capital of France?");
    overlap.add("");
    assertThat(overlap.of("what is the capital of france")).containsExactly(new Hit(0, 0, 0, true));
    assertThat(overlap.of("what is the capital of France and of Spain")).isEmpty();
    assertThat(overlap.of("")).isEmpty();
    assertThat(overlap.of("what is the capital of france").get(0).share()).isEqualTo(1);
  }

  @Test
  void what_stands_in_more_than_ten_rows_is_boilerplate() {
    Overlap ten = new Overlap();
    Overlap eleven = new Overlap();
    for (int i = 0; i < 11; i++) {
      String row = words(0, 13) + " " + words(100 * i + 100, 100 * i + 120);
      eleven.add(row);
      if (i < 10) {
        ten.add(row);
      }
    }
    assertThat(ten.of(words(0, 13))).hasSize(10);
    assertThat(eleven.of(words(0, 13))).isEmpty();
    assertThat(eleven.of(words(100, 120))).extracting(Hit::row).containsExactly(0);
  }

  @Test
  void a_text_without_spaces_has_a_word_for_each_character() {
    Overlap overlap = new Overlap();
    overlap.add("今天的天气很好，我们一起去公园散步吧。");
    assertThat(overlap.of("他说：今天的天气很好，我们一起去公园。")).hasSize(1);
  }

  /** Against sets of n-grams as strings, over an alphabet small enough for many hits. */
  @Test
  void hits_are_those_of_sets_of_strings() {
    Random random = new Random(7);
    int n = 3;
    Overlap overlap = new Overlap(n);
    List<String> rows = IntStream.range(0, 300).mapToObj(i -> text(random)).toList();
    rows.forEach(overlap::add);
    List<Set<String>> sets = rows.stream().map(row -> ngrams(row, n)).toList();
    for (int i = 0; i < 300; i++) {
      String training = text(random);
      Set<String> own = ngrams(training, n);
      own.removeIf(gram -> sets.stream().filter(set -> set.contains(gram)).count() > 10);
      List<Hit> hits = overlap.of(training);
      for (int row = 0; row < rows.size(); row++) {
        int index = row;
        Set<String> shared = new HashSet<>(sets.get(row));
        shared.retainAll(own);
        int found = hits.stream().filter(hit -> hit.row() == index).mapToInt(Hit::shared).sum();
        assertThat(found).isEqualTo(shared.size());
      }
    }
  }

  private static String text(Random random) {
    return IntStream.range(0, 1 + random.nextInt(30))
        .mapToObj(i -> String.valueOf((char) ('a' + random.nextInt(12))))
        .collect(Collectors.joining(" "));
  }

  private static Set<String> ngrams(String text, int n) {
    List<String> words = List.of(text.split(" "));
    return IntStream.rangeClosed(0, words.size() - n)
        .mapToObj(i -> String.join(" ", words.subList(i, i + n)))
        .collect(Collectors.toCollection(HashSet::new));
  }
}
