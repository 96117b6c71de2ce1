package dev.luthier.data.quality;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.quality.Answers.Kind;
import dev.luthier.data.quality.Damage.Spot;
import dev.luthier.data.quality.RealTexts.Pair;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What the rules name in public sets. Refusals, truncations, blanks and damage were read row by row
 * when their counts were written down.
 */
@Tag("interop")
class RealTextsTest {
  private static Map<Kind, Long> oddities(List<Pair> pairs) {
    return pairs.stream()
        .flatMap(pair -> Answers.oddities(pair.prompt(), pair.answer()).stream())
        .collect(Collectors.groupingBy(Answers.Oddity::kind, TreeMap::new, Collectors.counting()));
  }

  private static Map<String, Long> languages(Stream<String> texts) {
    return texts
        .filter(text -> text.length() >= 100)
        .map(text -> Language.of(text).map(Language.Guess::code).orElse("-"))
        .collect(Collectors.groupingBy(code -> code, TreeMap::new, Collectors.counting()));
  }

  private static Map<Damage.Kind, Long> damage(List<String> texts) {
    return texts.stream()
        .flatMap(text -> Damage.spots(text).stream().map(Spot::kind).distinct())
        .collect(Collectors.groupingBy(kind -> kind, TreeMap::new, Collectors.counting()));
  }

  @Test
  void alpaca_has_blanks_and_empty_answers_and_nothing_that_is_not_so() {
    assertThat(oddities(RealTexts.alpaca()))
        .containsEntry(Kind.PLACEHOLDER, 25L)
        .containsEntry(Kind.EMPTY, 7L)
        .containsEntry(Kind.REFUSAL, 2L)
        .containsEntry(Kind.ECHO, 1L)
        .containsEntry(Kind.BOILERPLATE, 1L)
        .doesNotContainKeys(Kind.REPETITION, Kind.TRUNCATED);
  }

  @Test
  void sums_and_their_steps_are_sound_answers() {
    assertThat(oddities(RealTexts.gsm8k())).isEmpty();
  }

  @Test
  void answers_of_gpt_4_decline_and_break_off_here_and_there() {
    assertThat(oddities(RealTexts.alpacaDemo()))
        .containsEntry(Kind.TRUNCATED, 3L)
        .containsEntry(Kind.PLACEHOLDER, 8L)
        .containsEntry(Kind.REFUSAL, 23L)
        .doesNotContainKeys(Kind.REPETITION, Kind.ECHO, Kind.EMPTY);
  }

  @Test
  void an_assistant_without_tools_declines_to_order_and_to_book() {
    assertThat(oddities(RealTexts.toolCalls()))
        .containsEntry(Kind.REFUSAL, 42L)
        .containsEntry(Kind.TRUNCATED, 1L)
        .doesNotContainKeys(Kind.REPETITION, Kind.ECHO, Kind.EMPTY, Kind.PLACEHOLDER);
  }

  @Test
  void an_identity_to_be_filled_in_is_all_blanks() {
    assertThat(oddities(RealTexts.identity())).containsEntry(Kind.PLACEHOLDER, 85L);
  }

  @Test
  void english_answers_are_english() {
    for (List<Pair> pairs :
        List.of(RealTexts.alpaca(), RealTexts.alpacaCleaned(), RealTexts.gsm8k())) {
      Map<String, Long> counts = languages(pairs.stream().map(Pair::answer));
      long all = counts.values().stream().mapToLong(Long::longValue).sum();
      long english = counts.getOrDefault("en", 0L);
      long others = all - english - counts.getOrDefault("-", 0L);
      assertThat(english).isGreaterThan(all * 84 / 100);
      assertThat(others).isLessThanOrEqualTo(5);
    }
  }

  @Test
  void only_web_pages_are_damaged() {
    List<String> answers = RealTexts.alpaca().stream().map(Pair::answer).toList();
    assertThat(damage(answers).values().stream().mapToLong(Long::longValue).sum())
        .isLessThanOrEqualTo(5);
    assertThat(damage(RealTexts.web()))
        .containsEntry(Damage.Kind.REPLACEMENT, 4L)
        .containsEntry(Damage.Kind.INVISIBLE, 3L)
        .containsEntry(Damage.Kind.MARKUP, 3L)
        .hasSize(3);
    for (String text : answers) {
      if (Damage.spots(text).isEmpty()) {
        assertThat(Damage.repair(text)).isSameAs(text);
      }
    }
  }

  @Test
  void a_set_overlaps_with_its_own_rows_and_not_with_another() {
    Overlap overlap = new Overlap();
    List<Pair> problems = RealTexts.gsm8k().subList(0, 1000);
    problems.forEach(pair -> overlap.add(pair.prompt()));
    for (int row = 0; row < problems.size(); row++) {
      int index = row;
      assertThat(overlap.of(problems.get(row).prompt()))
          .anyMatch(hit -> hit.row() == index && hit.whole());
    }
    assertThat(RealTexts.alpaca().stream().filter(pair -> !overlap.of(pair.answer()).isEmpty()))
        .isEmpty();
  }
}
