package dev.luthier.data.check;

import java.util.Locale;

/**
 * What can be wrong with a row or a set. The name, in lower case, is its id in reports; titles of
 * faults of rows begin with a verb.
 */
public enum Fault {
  UNREADABLE("cannot be read", Severity.WARNING),
  MIXED_FORMATS("are of another format than the rest", Severity.WARNING),
  ROLES("have speakers out of order", Severity.WARNING),
  EMPTY_TURN("have an empty turn", Severity.WARNING),
  ONE_SIDED("lack a question or an answer", Severity.WARNING),
  UNUSABLE("cannot be trained on: refused by the template or the mask", Severity.WARNING),
  NOTHING_TRAINED("have no trained token", Severity.WARNING),
  TEMPLATE_DROPS(
      "lose messages to the chat template, which leaves them out without a word", Severity.WARNING),
  TOO_LONG("are longer than data.maxLength", Severity.WARNING),
  NO_STOP("do not end in a trained stop token", Severity.WARNING),
  BOS("rows begin with different numbers of BOS tokens, or with several", Severity.ERROR),
  SPLIT_MARKERS("markers of the template are no tokens of the model", Severity.WARNING),
  UNTRAINED_TOKENS("special tokens of the template are untrained in the model", Severity.WARNING),
  UNKNOWN_TOKENS(
      "have an answer with characters that the tokenizer does not know", Severity.WARNING),
  SPECIAL_TEXT("spell the model's special tokens out", Severity.WARNING),
  EXACT_DUPLICATES("repeat an earlier row", Severity.WARNING),
  NEAR_DUPLICATES("repeat an earlier row in nearly the same words", Severity.WARNING),
  PERSONAL_DATA("hold personal data", Severity.WARNING),
  IMBALANCE("values of a column are out of balance", Severity.NOTE),
  EVAL_DUPLICATES("stand in the evaluation data too", Severity.ERROR),
  EVAL_OVERLAP("share 13 words in a row with the evaluation data", Severity.WARNING),
  LANGUAGE("are in another language than the rest", Severity.NOTE),
  REFUSAL("decline what was asked", Severity.WARNING),
  BOILERPLATE("have an answer with stock phrases of assistants", Severity.NOTE),
  TRUNCATED("have an answer that stops in the middle of a sentence", Severity.WARNING),
  REPETITION("have an answer that repeats itself", Severity.WARNING),
  ECHO("have an answer that repeats the question", Severity.WARNING),
  PLACEHOLDER("have an answer with blanks that were not filled in", Severity.WARNING),
  EMPTY_ANSWER("have an answer that says nothing", Severity.WARNING),
  MOJIBAKE("were decoded with the wrong character set", Severity.WARNING),
  REPLACEMENT("have characters that could not be decoded", Severity.WARNING),
  CONTROL("have control characters", Severity.WARNING),
  INVISIBLE("have invisible characters", Severity.WARNING),
  MARKUP("have left-over mark-up", Severity.WARNING),
  SMALL("the set is small", Severity.NOTE);

  private final String title;
  private final Severity severity;

  Fault(String title, Severity severity) {
    this.title = title;
    this.severity = severity;
  }

  /** What so many rows do that have it; of a fault of the whole set, what it is. */
  public String title(long rows) {
    if (rows != 1) {
      return title;
    }
    int end = title.indexOf(' ');
    String verb = title.substring(0, end);
    String one =
        switch (verb) {
          case "are" -> "is";
          case "were" -> "was";
          case "have" -> "has";
          case "do" -> "does";
          case "cannot" -> verb;
          default -> verb + "s";
        };
    return one + title.substring(end);
  }

  /** How much it matters where nothing says more. */
  public Severity severity() {
    return severity;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
