package dev.luthier.recipe.demo;

import java.util.Optional;
import java.util.StringJoiner;

/**
 * A declarative clause with what can be said of it. The rule for its Yoda form: the place goes in
 * front, or the object where there is no place; a comma; everything else in its order.
 *
 * @param early an adverb before the verb, or empty
 * @param late an adverb after the verb (and the object), or empty
 * @param place preposition and noun phrase, or empty
 */
record Clause(
    NounPhrase subject,
    String verb,
    Tense tense,
    boolean negated,
    String early,
    String late,
    Optional<NounPhrase> object,
    String place) {

  Sentence sentence() {
    return new Sentence(plain(), yoda());
  }

  /** "She will read the old letter." */
  String plain() {
    return finish(statement(objectText(), place), ".");
  }

  /** "The old letter, she will read." */
  String yoda() {
    String rest = place.isEmpty() ? statement("", "") : statement(objectText(), "");
    return finish(front() + ", " + rest, ".");
  }

  /** What the Yoda form begins with, as inside a sentence. */
  String front() {
    return place.isEmpty() ? objectText() : place;
  }

  String objectText() {
    return object.map(NounPhrase::text).orElse("");
  }

  /** "Will she read the old letter?" */
  String question() {
    return finish(inverted(objectText(), place), "?");
  }

  /** "Where did the birch canoe slide?", which {@link #place} answers. */
  String whereQuestion() {
    return finish("where " + inverted(objectText(), ""), "?");
  }

  /** "What will she read?", which the object answers. */
  String objectQuestion() {
    String word = object.map(NounPhrase::animate).orElse(false) ? "who " : "what ";
    return finish(word + inverted("", place), "?");
  }

  Clause withNegation(boolean value) {
    return new Clause(subject, verb, tense, value, value ? "" : early, late, object, place);
  }

  Clause withTense(Tense value) {
    return new Clause(subject, verb, value, negated, early, late, object, place);
  }

  Clause withSubject(NounPhrase value) {
    return new Clause(value, verb, tense, negated, early, late, object, place);
  }

  Clause withoutPlace() {
    return new Clause(subject, verb, tense, negated, early, late, object, "");
  }

  /** The words without the object, as inside a sentence: "she will read". */
  String withoutObject() {
    return statement("", place);
  }

  /** The words from the verb group on, without the subject. */
  String predicate() {
    return join(verbGroup(), objectText(), late, place);
  }

  private String statement(String objectWords, String placeWords) {
    return join(subject.text(), verbGroup(), objectWords, late, placeWords);
  }

  private String verbGroup() {
    if (negated) {
      String operator = tense.operator(subject);
      String not = operator.equals("can") ? "cannot" : operator + " not";
      return join(not, tense.formAfterOperator(verb));
    }
    return join(tense.auxiliary(subject), early, tense.form(verb, subject));
  }

  private String inverted(String objectWords, String placeWords) {
    return join(
        tense.operator(subject),
        subject.text(),
        negated ? "not" : early,
        tense.formAfterOperator(verb),
        objectWords,
        late,
        placeWords);
  }

  private static String finish(String words, String mark) {
    return Lexicon.capitalised(words) + mark;
  }

  private static String join(String... parts) {
    StringJoiner joined = new StringJoiner(" ");
    for (String part : parts) {
      if (!part.isEmpty()) {
        joined.add(part);
      }
    }
    return joined.toString();
  }
}
