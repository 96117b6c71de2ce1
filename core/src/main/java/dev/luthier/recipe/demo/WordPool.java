package dev.luthier.recipe.demo;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Random sequences of words, known and made up. A model that has seen only sentences copies by
 * guessing what is likely; sequences without sense can be copied only by looking back.
 */
final class WordPool {
  private static final List<String> WORDS = collect();
  private static final List<String> ONSETS =
      Lexicon.words("b c d f g h k l m n p r s t v w z br dr gr tr st pl sh ch");
  private static final List<String> VOWELS = Lexicon.words("a e i o u ai ee oo");
  private static final List<String> CODAS = Lexicon.words("n r s t l m k p nd st x b");

  private final Draw draw;

  WordPool(Draw draw) {
    this.draw = draw;
  }

  /** A word of the demo's vocabulary, or in one case of eight a made-up one. */
  String word() {
    return draw.below(8) == 0 ? invented() : draw.of(WORDS);
  }

  /** {@code count} different words. */
  List<String> words(int count) {
    Set<String> chosen = new LinkedHashSet<>();
    while (chosen.size() < count) {
      chosen.add(word());
    }
    return List.copyOf(chosen);
  }

  /** Words joined by spaces. */
  String phrase(int from, int to) {
    return String.join(" ", words(draw.between(from, to)));
  }

  /** One or two syllables that mean nothing. */
  private String invented() {
    String first = draw.of(ONSETS) + draw.of(VOWELS);
    return (draw.chance(60) ? first + draw.of(ONSETS) + draw.of(VOWELS) : first) + draw.of(CODAS);
  }

  private static List<String> collect() {
    Set<String> all = new LinkedHashSet<>();
    for (Kind kind : Kind.values()) {
      kind.nouns().forEach(noun -> all.addAll(List.of(noun, Inflection.plural(noun))));
      all.addAll(kind.adjectives());
      all.addAll(kind.modifiers());
    }
    for (Place place : Place.values()) {
      all.addAll(place.nouns());
      all.addAll(place.adjectives());
    }
    Stream.of(Frame.INTRANSITIVE, Frame.TRANSITIVE, Frame.LOCATED)
        .flatMap(List::stream)
        .forEach(
            frame -> {
              for (String verb : frame.verbs()) {
                all.add(verb);
                all.add(Inflection.past(verb));
              }
              all.addAll(frame.adverbs());
              frame.places().forEach(spot -> all.addAll(spot.prepositions()));
            });
    all.addAll(Lexicon.COLOURS);
    all.addAll(Lexicon.WOMEN);
    all.addAll(Lexicon.MEN);
    all.addAll(Lexicon.NUMBERS);
    all.addAll(Lexicon.POSSESSIVES);
    all.addAll(Lexicon.words("the a this that some many will can must should not is was"));
    List<String> single = new ArrayList<>(all);
    single.removeIf(word -> word.contains(" "));
    return List.copyOf(single);
  }
}
