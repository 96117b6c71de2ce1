package dev.luthier.recipe.demo;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Exercises on one sentence: say it again, ask about a part, change its tense. A sentence without
 * any instruction is said again as it is. No answer puts an object or a place in front.
 */
final class SentenceTasks {
  private final Draw draw;
  private final SentenceGrammar grammar;
  private final Phrases phrases;

  SentenceTasks(Draw draw, SentenceGrammar grammar) {
    this.draw = draw;
    this.grammar = grammar;
    this.phrases = new Phrases(draw);
  }

  /** An exercise on a new sentence. */
  Turn next() {
    Clause clause = grammar.clause(Split.CORPUS);
    int sort = draw.below(100);
    if (sort < 28) {
      return new Turn(clause.plain(), clause.plain());
    }
    if (sort < 36) {
      String ask = draw.of("Repeat: ", "Say: ", "Copy this: ", "Repeat after me: ", "Say again: ");
      return new Turn(ask + clause.plain(), clause.plain());
    }
    return sort < 76 ? aboutPart(clause) : change(clause);
  }

  /** A sentence said again, and then questions about it. */
  List<Turn> conversation() {
    Clause clause = grammar.clause(Split.CORPUS);
    Turn echo = new Turn(clause.plain(), clause.plain());
    Optional<Turn> where =
        clause.place().isEmpty()
            ? Optional.empty()
            : Optional.of(
                new Turn(draw.of("Where?", clause.whereQuestion()), sentence(clause.place())));
    Optional<Turn> what =
        clause.object().map(object -> new Turn(clause.objectQuestion(), sentence(object.text())));
    Turn who = new Turn(whoWord(clause) + "?", sentence(clause.subject().text()));
    Turn again = new Turn(draw.of("Say it again.", "Repeat it.", "Once more."), clause.plain());
    List<Turn> questions =
        Stream.of(where, what, Optional.of(who), Optional.of(again))
            .flatMap(Optional::stream)
            .toList();
    return Stream.concat(
            Stream.of(echo), draw.sample(questions, draw.between(1, questions.size())).stream())
        .toList();
  }

  private Turn aboutPart(Clause clause) {
    String plain = clause.plain();
    boolean placed = !clause.place().isEmpty();
    int sort = draw.below(4);
    if (sort == 0) {
      String ask = whoWord(clause) + draw.of("? ", " did it? ");
      return new Turn(ask + plain, sentence(clause.subject().text()));
    }
    if (placed && sort == 1) {
      String answer = sentence(clause.place());
      return draw.chance(60)
          ? new Turn("Where? " + plain, answer)
          : new Turn(plain + " " + clause.whereQuestion(), answer);
    }
    if (placed && sort == 2) {
      String ask = draw.of("Leave out the place: ", "Without the place: ");
      return becomes(ask, clause, clause.withoutPlace());
    }
    return clause
        .object()
        .map(object -> aboutObject(clause, object))
        .orElseGet(() -> new Turn("Leave out the subject: " + plain, clause.predicate()));
  }

  private Turn aboutObject(Clause clause, NounPhrase object) {
    String plain = clause.plain();
    return switch (draw.below(3)) {
      case 0 -> new Turn("Which object? " + plain, sentence(object.text()));
      case 1 -> new Turn("Leave out the object: " + plain, sentence(clause.withoutObject()));
      default -> new Turn(plain + " " + clause.objectQuestion(), sentence(object.text()));
    };
  }

  private Turn change(Clause clause) {
    String plain = clause.plain();
    return switch (draw.below(6)) {
      case 0 -> new Turn(draw.of("Make it a question: ", "Ask: ") + plain, clause.question());
      case 1 -> becomes("Negate: ", clause, clause.withNegation(!clause.negated()));
      case 2 -> becomes("In the future: ", clause, clause.withTense(Tense.FUTURE));
      case 3 -> becomes("In the past: ", clause, clause.withTense(Tense.PAST));
      case 4 -> {
        NounPhrase name = phrases.name();
        yield becomes("Say it about " + name.text() + ": ", clause, clause.withSubject(name));
      }
      default -> new Turn("In small letters: " + plain, plain.toLowerCase(Locale.ROOT));
    };
  }

  /** {@code after} for an answer, unless it belongs to the sentences that tune or score. */
  private static Turn becomes(String instruction, Clause before, Clause after) {
    String plain = before.plain();
    return Split.of(after.plain()) == Split.CORPUS
        ? new Turn(instruction + plain, after.plain())
        : new Turn("Repeat: " + plain, plain);
  }

  private static String whoWord(Clause clause) {
    return clause.subject().animate() ? "Who" : "What";
  }

  private static String sentence(String words) {
    return Lexicon.capitalised(words) + ".";
  }
}
