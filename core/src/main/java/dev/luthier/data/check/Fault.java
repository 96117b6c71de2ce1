package dev.luthier.data.check;

import java.util.Locale;

/** What can be wrong with a row or a set. The name, in lower case, is its id in reports. */
public enum Fault {
  UNREADABLE("rows cannot be read", Severity.WARNING),
  MIXED_FORMATS("rows are of another format than the rest", Severity.WARNING),
  ROLES("speakers are out of order", Severity.WARNING),
  EMPTY_TURN("turns are empty", Severity.WARNING),
  ONE_SIDED("conversations lack a question or an answer", Severity.WARNING),
  UNUSABLE("rows cannot be trained on: the template or the mask refuses them", Severity.WARNING),
  NOTHING_TRAINED("rows have no trained token", Severity.WARNING),
  TEMPLATE_DROPS("the chat template leaves messages out without a word", Severity.WARNING),
  TOO_LONG("rows are longer than a sequence", Severity.WARNING),
  NO_STOP("rows do not end in a trained stop token", Severity.WARNING),
  BOS("rows begin with different numbers of BOS tokens, or with several", Severity.ERROR),
  SPLIT_MARKERS("markers of the template are no tokens of the model", Severity.WARNING),
  UNTRAINED_TOKENS("special tokens of the template are untrained in the model", Severity.WARNING),
  UNKNOWN_TOKENS("answers hold what the tokenizer does not know", Severity.WARNING),
  SPECIAL_TEXT("texts spell the model's special tokens out", Severity.WARNING),
  EXACT_DUPLICATES("rows repeat an earlier row", Severity.WARNING),
  NEAR_DUPLICATES("rows nearly repeat an earlier row", Severity.WARNING),
  PERSONAL_DATA("rows hold personal data", Severity.WARNING),
  IMBALANCE("values of a column are out of balance", Severity.NOTE),
  EVAL_DUPLICATES("rows stand in the evaluation data too", Severity.ERROR),
  EVAL_OVERLAP("rows share 13 words in a row with the evaluation data", Severity.WARNING),
  LANGUAGE("rows are in another language than the rest", Severity.WARNING),
  REFUSAL("answers decline what was asked", Severity.WARNING),
  BOILERPLATE("answers hold an assistant's stock phrases", Severity.WARNING),
  TRUNCATED("answers stop in the middle of a sentence", Severity.WARNING),
  REPETITION("answers repeat themselves", Severity.WARNING),
  ECHO("answers repeat the question", Severity.WARNING),
  PLACEHOLDER("answers have blanks that were not filled in", Severity.WARNING),
  EMPTY_ANSWER("answers say nothing", Severity.WARNING),
  MOJIBAKE("texts were decoded with the wrong character set", Severity.WARNING),
  REPLACEMENT("texts have characters that could not be decoded", Severity.WARNING),
  CONTROL("texts have control characters", Severity.WARNING),
  INVISIBLE("texts have invisible characters", Severity.WARNING),
  MARKUP("texts have left-over mark-up", Severity.WARNING),
  SMALL("the set is small", Severity.NOTE);

  private final String title;
  private final Severity severity;

  Fault(String title, Severity severity) {
    this.title = title;
    this.severity = severity;
  }

  /** What it is, in words that follow a number of rows. */
  public String title() {
    return title;
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
