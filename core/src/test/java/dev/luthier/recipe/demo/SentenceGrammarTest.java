package dev.luthier.recipe.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SentenceGrammarTest {
  private static final int MANY = 15_000;

  @Test
  void a_place_goes_in_front_with_a_comma() {
    Clause clause =
        new Clause(
            new NounPhrase("the birch canoe", "canoe", false, false),
            "slide",
            Tense.PAST,
            false,
            "",
            "",
            Optional.empty(),
            "on the smooth planks");

    assertThat(clause.sentence())
        .isEqualTo(
            new Sentence(
                "The birch canoe slid on the smooth planks.",
                "On the smooth planks, the birch canoe slid."));
    assertThat(clause.question()).isEqualTo("Did the birch canoe slide on the smooth planks?");
    assertThat(clause.whereQuestion()).isEqualTo("Where did the birch canoe slide?");
    assertThat(clause.withNegation(true).plain())
        .isEqualTo("The birch canoe did not slide on the smooth planks.");
  }

  @Test
  void an_object_goes_in_front_where_there_is_no_place() {
    NounPhrase letter = new NounPhrase("the old letter", "letter", false, false);
    Clause clause =
        new Clause(
            NounPhrase.word("she", false),
            "read",
            Tense.FUTURE,
            false,
            "",
            "",
            Optional.of(letter),
            "");

    assertThat(clause.sentence())
        .isEqualTo(new Sentence("She will read the old letter.", "The old letter, she will read."));
    assertThat(clause.objectQuestion()).isEqualTo("What will she read?");
    assertThat(clause.withTense(Tense.PRESENT).plain()).isEqualTo("She reads the old letter.");
  }

  @Test
  void names_and_I_keep_their_capital() {
    NounPhrase cake = new NounPhrase("the cake", "cake", false, false);
    Clause clause =
        new Clause(
            NounPhrase.word("I", false),
            "eat",
            Tense.PRESENT_PROGRESSIVE,
            false,
            "",
            "",
            Optional.of(cake),
            "");

    assertThat(clause.yoda()).isEqualTo("The cake, I am eating.");
    assertThat(clause.withSubject(NounPhrase.word("Tom", false)).yoda())
        .isEqualTo("The cake, Tom is eating.");
  }

  @Test
  void equal_seeds_give_equal_sentences_on_every_machine() {
    SentenceGrammar grammar = new SentenceGrammar(2026);

    assertThat(Stream.generate(grammar::next).limit(3).map(Sentence::yoda))
        .containsExactly(
            "A small dolphin, Noah has seen.",
            "Under the rug, their black balloon was tumbling.",
            "The lonely fishermen, the gentle puppy has seen.");
    assertThat(new SentenceGrammar(2027).next()).isNotEqualTo(new SentenceGrammar(2026).next());
  }

  @Test
  void yoda_speak_has_the_same_words_in_another_order_and_one_comma() {
    SentenceGrammar grammar = new SentenceGrammar(1);
    for (int i = 0; i < MANY; i++) {
      Sentence sentence = grammar.next();

      assertThat(words(sentence.yoda()))
          .containsExactlyInAnyOrderElementsOf(words(sentence.plain()));
      assertThat(sentence.yoda()).matches("\\p{Lu}[^,.]*, [^,.]+\\.");
      assertThat(sentence.plain()).matches("\\p{Lu}[^,.]*\\.");
    }
  }

  @Test
  void yoda_speak_is_the_last_words_of_the_sentence_then_the_first() {
    SentenceGrammar grammar = new SentenceGrammar(2);
    for (int i = 0; i < MANY; i++) {
      Sentence sentence = grammar.next();
      List<String> yoda = words(sentence.yoda());
      int front = words(sentence.yoda().split(",")[0]).size();
      List<String> rotated = new ArrayList<>(yoda.subList(front, yoda.size()));
      rotated.addAll(yoda.subList(0, front));

      assertThat(rotated).isEqualTo(words(sentence.plain()));
    }
  }

  @Test
  void a_and_an_agree_with_the_sound_that_follows() {
    SentenceGrammar grammar = new SentenceGrammar(3);
    for (int i = 0; i < MANY; i++) {
      List<String> words = words(grammar.next().plain());
      for (int w = 0; w + 1 < words.size(); w++) {
        String next = words.get(w + 1);
        boolean an = next.matches("[aeio].*|u[^sn].*|un[^i].*|ugly|honest");
        if (words.get(w).equals("a") && !next.equals("few")) {
          assertThat(an).as(words.toString()).isFalse();
        } else if (words.get(w).equals("an")) {
          assertThat(an).as(words.toString()).isTrue();
        }
      }
    }
  }

  @Test
  void verbs_agree_with_their_subjects() {
    NounPhrase dog = new NounPhrase("the dog", "dog", false, false);
    NounPhrase dogs = new NounPhrase("two dogs", "dogs", true, false);
    NounPhrase me = NounPhrase.word("I", false);

    assertThat(Tense.PRESENT.form("chase", dog)).isEqualTo("chases");
    assertThat(Tense.PRESENT.form("chase", dogs)).isEqualTo("chase");
    assertThat(Tense.PRESENT.form("chase", me)).isEqualTo("chase");
    assertThat(Tense.PRESENT_PROGRESSIVE.auxiliary(me)).isEqualTo("am");
    assertThat(Tense.PAST_PROGRESSIVE.auxiliary(me)).isEqualTo("was");
    assertThat(Tense.PRESENT_PERFECT.auxiliary(me)).isEqualTo("have");
    assertThat(Tense.PRESENT_PERFECT.auxiliary(dog)).isEqualTo("has");
    assertThat(Tense.PAST_PROGRESSIVE.auxiliary(dogs)).isEqualTo("were");
  }

  @Test
  void word_forms_follow_english_spelling() {
    assertThat(Stream.of("stop", "carry", "play", "wander", "slide", "jog", "forget", "mix", "hug"))
        .map(Inflection::past)
        .containsExactly(
            "stopped",
            "carried",
            "played",
            "wandered",
            "slid",
            "jogged",
            "forgot",
            "mixed",
            "hugged");
    assertThat(Stream.of("lie", "see", "run", "write", "open", "repair", "forget", "visit"))
        .map(Inflection::gerund)
        .containsExactly(
            "lying",
            "seeing",
            "running",
            "writing",
            "opening",
            "repairing",
            "forgetting",
            "visiting");
    assertThat(Stream.of("watch", "carry", "play", "go", "wash"))
        .map(Inflection::thirdPerson)
        .containsExactly("watches", "carries", "plays", "goes", "washes");
    assertThat(Stream.of("fox", "city", "wolf", "piano", "child", "bench", "potato", "sheep"))
        .map(Inflection::plural)
        .containsExactly(
            "foxes", "cities", "wolves", "pianos", "children", "benches", "potatoes", "sheep");
  }

  @Test
  void there_are_more_than_ten_million_sentences() {
    SentenceGrammar grammar = new SentenceGrammar(4);
    int draws = 100_000;
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < draws; i++) {
      seen.add(grammar.next().plain());
    }

    // n draws from N sentences collide n^2 / 2N times if all are equally likely, and more often
    // if not: fewer than 500 collisions mean more than 10^7.
    assertThat(draws - seen.size()).isLessThan(500);
  }

  private static List<String> words(String sentence) {
    return Arrays.asList(
        sentence.replaceAll("[,.]", "").toLowerCase(Locale.ROOT).strip().split(" "));
  }
}
