package dev.luthier.recipe.demo;

import java.util.List;
import java.util.Set;

/** The verb groups of the grammar: an auxiliary, which may be empty, and the form of the verb. */
enum Tense {
  PAST(""),
  PRESENT(""),
  FUTURE("will"),
  CAN("can"),
  COULD("could"),
  MUST("must"),
  SHOULD("should"),
  MIGHT("might"),
  WOULD("would"),
  PRESENT_PROGRESSIVE("be"),
  PAST_PROGRESSIVE("be"),
  PRESENT_PERFECT("have"),
  PAST_PERFECT("had");

  /** As often as each stands here: past and future before the rest. */
  static final List<Tense> COMMON =
      List.of(
          PAST,
          PAST,
          PAST,
          PAST,
          PAST,
          PAST,
          PAST,
          PAST,
          PRESENT,
          PRESENT,
          PRESENT,
          PRESENT,
          FUTURE,
          FUTURE,
          FUTURE,
          FUTURE,
          CAN,
          COULD,
          MUST,
          SHOULD,
          MIGHT,
          WOULD,
          PRESENT_PROGRESSIVE,
          PAST_PROGRESSIVE,
          PRESENT_PERFECT,
          PAST_PERFECT);

  /** Verbs of state, which English does not use in the progressive. */
  static final Set<String> STATIVE =
      Set.copyOf(
          Lexicon.words(
              """
              want need love remember understand see hear trust enjoy forget find lose notice
              keep miss remain stay
              """));

  private static final Set<String> WISHES = Set.of("want", "need", "miss");

  private final String auxiliary;

  Tense(String auxiliary) {
    this.auxiliary = auxiliary;
  }

  /** Whether one says {@code verb} in this tense: not "is wanting", nor "must need". */
  boolean fits(String verb) {
    boolean progressive = this == PRESENT_PROGRESSIVE || this == PAST_PROGRESSIVE;
    return WISHES.contains(verb) ? simple() : !(progressive && STATIVE.contains(verb));
  }

  boolean simple() {
    return this == PAST || this == PRESENT;
  }

  /** The auxiliary that agrees with {@code subject}; empty in the simple tenses. */
  String auxiliary(NounPhrase subject) {
    return switch (this) {
      case PRESENT_PROGRESSIVE ->
          subject.text().equals("I") ? "am" : subject.plural() ? "are" : "is";
      case PAST_PROGRESSIVE -> subject.plural() ? "were" : "was";
      case PRESENT_PERFECT -> subject.thirdSingular() ? "has" : "have";
      default -> auxiliary;
    };
  }

  /** The auxiliary of questions and negations: like {@link #auxiliary}, else a form of "do". */
  String operator(NounPhrase subject) {
    return switch (this) {
      case PAST -> "did";
      case PRESENT -> subject.thirdSingular() ? "does" : "do";
      default -> auxiliary(subject);
    };
  }

  /** The form of {@code verb} that follows the auxiliary, or agrees with the subject by itself. */
  String form(String verb, NounPhrase subject) {
    return switch (this) {
      case PAST -> Inflection.past(verb);
      case PRESENT -> subject.thirdSingular() ? Inflection.thirdPerson(verb) : verb;
      default -> formAfterOperator(verb);
    };
  }

  /** The form of {@code verb} behind {@link #operator}. */
  String formAfterOperator(String verb) {
    return switch (this) {
      case PRESENT_PROGRESSIVE, PAST_PROGRESSIVE -> Inflection.gerund(verb);
      case PRESENT_PERFECT, PAST_PERFECT -> Inflection.participle(verb);
      default -> verb;
    };
  }
}
