package dev.luthier.data.check;

import dev.luthier.data.DataSettings.BadRows;
import dev.luthier.data.DataSettings.Overflow;
import dev.luthier.data.quality.Imbalance;
import dev.luthier.data.quality.Language;
import dev.luthier.data.quality.SampleSize;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Turns what was counted into findings: how bad each is, in words, and what to do. */
final class Findings {
  /** Beyond this share of rows a run stops unless it is told otherwise. */
  private static final double TOLERATED = 0.01;

  /** From this share on, a language is the set's, and others are worth a finding. */
  private static final double MAIN_LANGUAGE = 0.9;

  /** Below this share of rows that teach to stop, a model does not learn it. */
  private static final double STOPPING = 0.9;

  private static final double MAJORITY = 0.9;
  private static final int FEWEST_OF_A_VALUE = 10;

  /** The batch and epochs of a run that says nothing else. */
  private static final int BATCH = 8;

  private static final Set<Fault> OF_ANSWERS =
      Set.of(
          Fault.REFUSAL,
          Fault.BOILERPLATE,
          Fault.TRUNCATED,
          Fault.REPETITION,
          Fault.ECHO,
          Fault.PLACEHOLDER,
          Fault.EMPTY_ANSWER);

  private final AuditSettings settings;
  private final Audit.Subject subject;
  private final Tallies tallies;
  private final List<Finding> findings = new ArrayList<>();

  Findings(AuditSettings settings, Audit.Subject subject, Tallies tallies) {
    this.settings = settings;
    this.subject = subject;
    this.tallies = tallies;
  }

  /** All findings, the worst first. */
  List<Finding> of(SetFacts facts) {
    findings.addAll(subject.ofModel());
    Optional<String> language = mainLanguage(facts.languages());
    String format =
        facts.formats().entrySet().stream()
            .max(Map.Entry.comparingByValue())
            .map(entry -> entry.getKey().toString())
            .orElse("");
    tallies
        .all()
        .forEach(
            (key, tally) -> {
              boolean expected =
                  key.fault() == Fault.MIXED_FORMATS && key.detail().equals(format)
                      || key.fault() == Fault.LANGUAGE
                          && (language.isEmpty() || key.detail().equals(language.get()));
              if (!expected) {
                add(key, tally, facts);
              }
            });
    bos(facts);
    balance(facts);
    small(facts);
    findings.sort(
        Comparator.comparing(Finding::severity)
            .thenComparing(Finding::fault)
            .thenComparing(Comparator.comparingLong(Finding::rows).reversed())
            .thenComparing(Finding::detail));
    return findings;
  }

  private static Optional<String> mainLanguage(Map<String, Long> languages) {
    long all = languages.values().stream().mapToLong(Long::longValue).sum();
    return languages.entrySet().stream()
        .filter(entry -> entry.getValue() >= MAIN_LANGUAGE * all)
        .map(Map.Entry::getKey)
        .findFirst();
  }

  private void add(Tallies.Key key, Tallies.Tally tally, SetFacts facts) {
    String detail =
        key.fault() == Fault.LANGUAGE
            ? Language.name(key.detail()) + " (" + key.detail() + ")"
            : key.detail();
    String words =
        String.format(
            Locale.ROOT,
            "%,d of %,d rows %s%s",
            tally.rows(),
            facts.rows(),
            key.fault().title(),
            detail.isEmpty() ? "" : ": " + detail);
    findings.add(
        new Finding(
            key.fault(),
            key.detail(),
            severity(key.fault(), tally.rows(), facts),
            tally.rows(),
            words,
            tally.places(),
            fix(key.fault(), facts)));
  }

  private Severity severity(Fault fault, long count, SetFacts facts) {
    boolean stops =
        switch (fault) {
          case UNREADABLE, UNUSABLE, NOTHING_TRAINED, ONE_SIDED ->
              settings.data().badRows() == BadRows.STRICT
                  || settings.data().badRows() == BadRows.ERROR
                      && facts.rows() - facts.used() > TOLERATED * facts.rows();
          case TOO_LONG ->
              settings.data().overflow() == Overflow.ERROR && count > TOLERATED * facts.rows();
          case NO_STOP -> facts.stopShare() < STOPPING;
          default -> false;
        };
    return stops ? Severity.ERROR : fault.severity();
  }

  private void bos(SetFacts facts) {
    boolean constant = facts.rowsByBos().size() <= 1;
    boolean several = facts.rowsByBos().keySet().stream().anyMatch(count -> count > 1);
    if (!constant || several) {
      List<String> counts = new ArrayList<>();
      facts.rowsByBos().forEach((count, rows) -> counts.add(rows + " rows with " + count));
      String words = Fault.BOS.title() + ": " + String.join(", ", counts);
      String fix =
          several
              ? "remove the BOS token from the texts or from the template: tokenizer and template"
                  + " both add one"
              : "use rows of one format: " + prepare("data.template=chatml");
      findings.add(new Finding(Fault.BOS, "", Severity.ERROR, 0, words, List.of(), fix));
    }
  }

  private void balance(SetFacts facts) {
    facts
        .columns()
        .forEach(
            (column, counts) -> {
              for (String words :
                  Imbalance.of(counts).findings(column, MAJORITY, FEWEST_OF_A_VALUE)) {
                findings.add(
                    new Finding(
                        Fault.IMBALANCE,
                        column,
                        Severity.NOTE,
                        0,
                        words,
                        List.of(),
                        "collect more of the rare values, or weigh the sources of a prepared set"
                            + " (sources: weight)"));
              }
            });
  }

  private void small(SetFacts facts) {
    Map<String, Long> classes =
        facts.formats().containsKey(dev.luthier.data.DataSettings.Format.CLASSIFICATION)
            ? facts.columns().getOrDefault("label", Map.of())
            : Map.of();
    SampleSize.Size size =
        new SampleSize.Size(facts.used(), BATCH, 1, facts.evaluationRows(), classes);
    for (SampleSize.Note note : SampleSize.notes(size)) {
      findings.add(
          new Finding(
              Fault.SMALL,
              note.purpose(),
              Severity.NOTE,
              0,
              note.sentence() + " (" + note.source() + ")",
              List.of(),
              "add rows; luthier data generate writes some from those that there are"));
    }
  }

  private String fix(Fault fault, SetFacts facts) {
    if (OF_ANSWERS.contains(fault)) {
      String kind = fault == Fault.EMPTY_ANSWER ? "empty" : fault.toString();
      return prepare("answers.drop=[" + kind + "]");
    }
    return switch (fault) {
      case UNREADABLE, ROLES, EMPTY_TURN -> prepare("data.badRows=repair");
      case ONE_SIDED, NOTHING_TRAINED, UNUSABLE -> prepare("data.badRows=skip");
      case MIXED_FORMATS -> "look at the rows, and name the columns that are meant (data.columns)";
      case TEMPLATE_DROPS -> "use a template that knows such messages: " + preview("FILE");
      case TOO_LONG -> prepare("data.overflow=split") + ", or raise data.maxLength";
      case NO_STOP -> "use a template that ends turns: " + preview("chatml");
      case SPECIAL_TEXT -> prepare("clean.specialTokens=remove");
      case EXACT_DUPLICATES, NEAR_DUPLICATES -> "leave them out: " + prepare("");
      case PERSONAL_DATA -> "put [EMAIL] and the like in its place: " + prepare("");
      case EVAL_DUPLICATES, EVAL_OVERLAP -> prepare("overlap.against=[" + evaluation() + "]");
      case LANGUAGE ->
          prepare("filters.languages=[" + mainLanguage(facts.languages()).orElse("en") + "]");
      case MOJIBAKE, CONTROL, INVISIBLE -> prepare("clean.repair=true");
      case UNKNOWN_TOKENS, REPLACEMENT, MARKUP -> "correct the texts where they come from";
      default -> "";
    };
  }

  private String prepare(String setting) {
    return command("prepare")
        + " --output prepared"
        + (setting.isEmpty() ? "" : " --set " + quoted(setting));
  }

  private String preview(String template) {
    return command("preview") + " --set " + quoted("data.template=" + template);
  }

  private String command(String verb) {
    return "luthier data "
        + verb
        + " --model "
        + quoted(subject.model())
        + " --data "
        + String.join(" ", subject.data().stream().map(path -> quoted(path.toString())).toList());
  }

  private String evaluation() {
    return String.join(",", subject.evaluation().stream().map(Path::toString).toList());
  }

  /** A word that a shell takes as it is. */
  static String quoted(String word) {
    return word.matches("[\\w./:=@%+,-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
