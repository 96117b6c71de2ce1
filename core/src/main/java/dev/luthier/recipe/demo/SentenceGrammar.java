package dev.luthier.recipe.demo;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Draws simple English declarative sentences whose place or object can go in front.
 *
 * <p>"The birch canoe slid on the smooth planks." becomes "On the smooth planks, the birch canoe
 * slid."; "She will read the old letter." becomes "The old letter, she will read." The rule leaves
 * no choice: a sentence with a place fronts the place, one without it fronts the object. A place
 * always stands last and belongs to the verb, and no other phrase begins with a preposition, so the
 * border is never in doubt. Verbs, objects and places are matched by meaning in {@link Frame}'s
 * tables.
 *
 * <p>Equal seeds give equal sentences on every JVM. There are far more than 10^7.
 */
public final class SentenceGrammar {
  private static final List<List<Frame>> TABLES =
      List.of(
          Frame.INTRANSITIVE,
          Frame.INTRANSITIVE,
          Frame.INTRANSITIVE,
          Frame.INTRANSITIVE,
          Frame.TRANSITIVE,
          Frame.TRANSITIVE,
          Frame.TRANSITIVE,
          Frame.TRANSITIVE,
          Frame.LOCATED);

  /** Words that a sentence may say twice. */
  private static final Set<String> FUNCTION_WORDS =
      Set.of("the", "a", "an", "my", "his", "her", "our", "i", "you", "she", "he", "we");

  private final Draw draw;
  private final Phrases phrases;

  /**
   * @param seed any number; equal seeds give equal sentences
   */
  public SentenceGrammar(long seed) {
    this(new Draw(seed));
  }

  SentenceGrammar(Draw draw) {
    this.draw = draw;
    this.phrases = new Phrases(draw);
  }

  /** The next sentence with its Yoda form. Sentences may repeat, rarely. */
  public Sentence next() {
    return clause().sentence();
  }

  /** The next clause, from any part of the sentence space. */
  Clause clause() {
    while (true) {
      Frame frame = draw.of(draw.of(TABLES));
      NounPhrase subject = phrases.subject(draw.of(frame.subjects()));
      Clause clause = clause(frame, subject, draw.of(Tense.COMMON));
      if (repeatsNoWord(clause)) {
        return clause;
      }
    }
  }

  /** The next clause that belongs to {@code split}. */
  Clause clause(Split split) {
    while (true) {
      Clause clause = clause();
      if (Split.of(clause.plain()) == split) {
        return clause;
      }
    }
  }

  /** A clause of the corpus about a given subject of a given kind: one event, no habit. */
  Clause clauseAbout(NounPhrase subject, Kind kind, Tense tense) {
    while (true) {
      Frame frame = draw.of(draw.of(TABLES));
      if (frame.subjects().contains(kind)) {
        Clause clause = clause(frame, subject, tense);
        boolean event = !Lexicon.FREQUENCY.contains(clause.early());
        if (event && repeatsNoWord(clause) && Split.of(clause.plain()) == Split.CORPUS) {
          return clause;
        }
      }
    }
  }

  private Clause clause(Frame frame, NounPhrase subject, Tense wanted) {
    String verb = draw.of(frame.verbs());
    Tense tense = wanted.fits(verb) ? wanted : Tense.PAST;
    boolean negated = draw.chance(6);
    Optional<NounPhrase> object =
        frame.objects().isEmpty()
            ? Optional.empty()
            : Optional.of(phrases.object(draw.of(frame.objects()), subject));
    String place = frame.places().isEmpty() ? "" : phrases.place(frame.places());
    String early = "";
    String late = "";
    if (!negated) {
      boolean manner = !frame.adverbs().isEmpty() && draw.chance(22);
      String adverb = manner ? draw.of(frame.adverbs()) : "";
      boolean mannerFits = !Tense.STATIVE.contains(verb);
      if (!adverb.isEmpty() && object.isEmpty()) {
        late = adverb;
      } else if (!adverb.isEmpty() && mannerFits) {
        early = adverb;
      } else if (tense.simple() && draw.chance(10)) {
        early = draw.of(Lexicon.FREQUENCY);
      }
    }
    return new Clause(subject, verb, tense, negated, early, late, object, place);
  }

  /**
   * Whether every content word is there once: "the old dog chased the old dog" is neither sensible
   * nor a fair copying task.
   */
  private static boolean repeatsNoWord(Clause clause) {
    Set<String> seen = new HashSet<>();
    for (String word : clause.plain().toLowerCase(Locale.ROOT).split("[ .]")) {
      if (!FUNCTION_WORDS.contains(word) && !seen.add(word)) {
        return false;
      }
    }
    return true;
  }
}
