package dev.luthier.data.check;

import dev.luthier.data.DataSettings;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.DataSettings.Overflow;
import dev.luthier.data.DataSettings.TrainOnEnd;
import dev.luthier.data.OverflowRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What to do about the faults of rows. Every command prepares the whole set, so each also has the
 * settings without which rows that cannot be used, or are too long, would stop it.
 */
final class Mends {
  /** The built-in template that shows tools, their calls and answers, and ends every turn. */
  private static final String CHATML = "data.template=chatml";

  private final DataSettings settings;
  private final Audit.Subject subject;
  private final SetFacts facts;
  private final Commands commands;

  /**
   * One thing to do.
   *
   * @param advice in words
   * @param command a line for the shell; empty where no command can do it
   */
  record Mend(String advice, String command) {
    Mend(String advice) {
      this(advice, "");
    }
  }

  Mends(DataSettings settings, Audit.Subject subject, SetFacts facts) {
    this.settings = settings;
    this.subject = subject;
    this.facts = facts;
    List<String> all = new ArrayList<>(subject.settings());
    if (Gravity.of(Fault.UNUSABLE, 0, settings, facts).severity() == Severity.ERROR) {
      all.add("data.badRows=skip");
    }
    if (settings.overflow() == Overflow.ERROR && tooLong(settings.maxLength())) {
      all.add(fitting());
    }
    this.commands = new Commands(subject.model(), subject.data(), all);
  }

  /** What to do about rows with a fault. */
  Mend of(Fault fault, String detail) {
    if (fault == Fault.UNREADABLE && facts.formats().isEmpty()) {
      return new Mend("say how the rows are to be read (data.columns, data.format, data.header)");
    }
    return switch (fault) {
      case UNREADABLE, ROLES, EMPTY_TURN, ONE_SIDED ->
          prepare("mend what needs no guess, and leave out the rest", "data.badRows=repair");
      case NOTHING_TRAINED, UNUSABLE -> prepare("leave them out", "data.badRows=skip");
      case MIXED_FORMATS ->
          new Mend(
              "look at the rows, name the columns that are meant (data.columns), or make a set of"
                  + " each format");
      case TEMPLATE_DROPS ->
          settings.template().equals("chatml")
              ? new Mend("use a template that knows such messages (data.template=FILE)")
              : prepare("use a template that knows such messages", CHATML);
      case TOO_LONG ->
          prepare(
              "make them fit, cut them (data.overflow=truncate) or leave them out"
                  + " (data.overflow=drop)",
              fitting());
      case NO_STOP ->
          settings.trainOnEnd() == TrainOnEnd.NONE
              ? prepare("train the ends of turns", "data.trainOnEnd=turn")
              : prepare("end with an answer, and use a template that ends turns", CHATML);
      case SPECIAL_TEXT -> prepare("remove them from the texts", "clean.specialTokens=remove");
      case EXACT_DUPLICATES, NEAR_DUPLICATES -> prepare("leave them out", "clean.duplicates=near");
      case PERSONAL_DATA ->
          prepare(
              "put [" + detail.toUpperCase(Locale.ROOT) + "] in its place",
              "privacy.action=redact");
      case EVAL_DUPLICATES, EVAL_OVERLAP ->
          prepare("leave them out", "overlap.against=" + evaluation());
      case LANGUAGE ->
          prepare(
              "leave them out if they are not meant",
              "filters.languages=[" + facts.mainLanguage().orElseThrow() + "]");
      case PLACEHOLDER -> answers("fill them in, or leave such rows out", fault);
      case BOILERPLATE -> answers("leave such rows out if a model should not talk so", fault);
      case REFUSAL -> answers("leave such rows out if a model should answer", fault);
      case TRUNCATED, REPETITION, ECHO, EMPTY_ANSWER ->
          answers("write better answers, or leave such rows out", fault);
      case MOJIBAKE, CONTROL, INVISIBLE -> prepare("repair the texts", "clean.repair=true");
      case UNKNOWN_TOKENS, REPLACEMENT, MARKUP ->
          new Mend("correct the texts where they come from");
      case BOS, SPLIT_MARKERS, UNTRAINED_TOKENS, IMBALANCE, SMALL ->
          throw new IllegalArgumentException(fault + " is none of rows");
    };
  }

  private Mend prepare(String advice, String setting) {
    return new Mend(advice, commands.prepare(setting));
  }

  private Mend answers(String advice, Fault fault) {
    String kind = fault == Fault.EMPTY_ANSWER ? "empty" : fault.toString();
    return prepare(advice, "answers.drop=[" + kind + "]");
  }

  private boolean tooLong(int maxLength) {
    return facts.lengths().longer(maxLength) > OverflowRule.TOLERATED * facts.rows();
  }

  /** What makes long rows fit: texts go on in further sequences, conversations stay whole. */
  private String fitting() {
    if (facts.mainFormat().equals(Format.TEXT)) {
      return "data.overflow=split";
    }
    return facts.lengths().cuts().stream()
        .map(AuditReport.Cut::maxLength)
        .filter(length -> length > settings.maxLength() && !tooLong(length))
        .findFirst()
        .map(length -> "data.maxLength=" + length)
        .orElse("data.overflow=drop");
  }

  /** A list in YAML's short form. */
  private String evaluation() {
    return subject.evaluation().stream()
        .map(path -> "\"" + path.toString().replace("\\", "\\\\").replace("\"", "\\\"") + "\"")
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
