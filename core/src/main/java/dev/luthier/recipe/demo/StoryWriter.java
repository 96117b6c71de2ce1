package dev.luthier.recipe.demo;

import java.util.ArrayList;
import java.util.List;

/** Paragraphs about one hero: names, then pronouns, connectors, some speech; all in the past. */
final class StoryWriter {
  /** What a story's sentence may begin with before a comma. None is a place or an object. */
  static final List<String> CONNECTORS =
      Lexicon.words(
          """
          Then Later Soon Next Afterwards Meanwhile Suddenly One_day After_that Once_more At_last
          Every_morning In_the_evening The_next_day
          """);

  private final Draw draw;
  private final SentenceGrammar grammar;
  private final Phrases phrases;

  StoryWriter(Draw draw, SentenceGrammar grammar) {
    this.draw = draw;
    this.grammar = grammar;
    this.phrases = new Phrases(draw);
  }

  /** A story of four to ten sentences in one paragraph. */
  String story() {
    List<String> sentences = new ArrayList<>();
    boolean person = draw.chance(75);
    boolean woman = draw.chance(50);
    String name = draw.of(woman ? Lexicon.WOMEN : Lexicon.MEN);
    String pronoun = person ? (woman ? "she" : "he") : "it";
    Kind kind = person ? Kind.PERSON : Kind.ANIMAL;
    String noun = draw.of(kind.nouns());
    String role = Inflection.withArticle(draw.of(kind.adjectives()) + " " + noun);
    NounPhrase named = NounPhrase.word(person ? name : "the " + noun, false);
    sentences.add(
        person
            ? named.text() + draw.of(" was ", " wanted to be ") + role + "."
            : "There once was " + role + ".");
    int length = draw.between(3, 8);
    for (int i = 0; i < length; i++) {
      NounPhrase subject = i == 0 || draw.chance(25) ? named : NounPhrase.word(pronoun, false);
      Clause clause = grammar.clauseAbout(subject, kind, Tense.PAST);
      sentences.add(opened(clause));
      if (draw.chance(15)) {
        sentences.add(Lexicon.capitalised(pronoun) + " was " + mood() + ".");
      }
      if (person && draw.chance(12)) {
        sentences.add(speech(named));
      }
    }
    return String.join(" ", sentences);
  }

  /** Four to nine sentences that have nothing to do with each other. */
  String scene() {
    List<String> sentences = new ArrayList<>();
    int length = draw.between(4, 9);
    for (int i = 0; i < length; i++) {
      Clause clause = grammar.clause(Split.CORPUS);
      sentences.add(opened(clause));
    }
    return String.join(" ", sentences);
  }

  /** The sentence, in three of ten cases behind a connector and a comma. */
  private String opened(Clause clause) {
    String plain = clause.plain();
    if (clause.negated() || !draw.chance(30)) {
      return plain;
    }
    String subject = clause.subject().text();
    return draw.of(CONNECTORS) + ", " + subject + plain.substring(subject.length());
  }

  private String mood() {
    return draw.of("very ", "quite ", "not ", "")
        + draw.of("happy", "tired", "hungry", "sad", "brave");
  }

  private String speech(NounPhrase speaker) {
    String friend = phrases.name().text();
    if (friend.equals(speaker.text())) {
      friend = "A child";
    }
    NounPhrase thing = phrases.common(draw.of(List.of(Kind.THING, Kind.TOOL, Kind.TOY)));
    String be = thing.plural() ? " are " : " is ";
    String it = thing.plural() ? "They are " : "It is ";
    String place = phrases.place(Frame.stored());
    return friend
        + " asked, \"Where"
        + be
        + thing.text()
        + "?\" "
        + speaker.text()
        + " said, \""
        + it
        + place
        + ".\"";
  }
}
