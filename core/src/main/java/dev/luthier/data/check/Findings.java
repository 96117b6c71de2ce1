package dev.luthier.data.check;

import dev.luthier.Counts;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.check.Finding.Place;
import dev.luthier.data.quality.Imbalance;
import dev.luthier.data.quality.Language;
import dev.luthier.data.quality.SampleSize;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Turns what was counted into findings: how bad each is, in words, and what to do. */
final class Findings {
  private static final double MAJORITY = 0.9;
  private static final int FEWEST_OF_A_VALUE = 10;

  /** The batch and epochs of a run that says nothing else. */
  private static final int BATCH = 8;

  private final AuditSettings settings;
  private final SetFacts facts;
  private final Mends mends;
  private final List<Finding> findings;

  private Findings(AuditSettings settings, Audit.Subject subject, SetFacts facts) {
    this.settings = settings;
    this.facts = facts;
    this.mends = new Mends(settings.data(), subject, facts);
    this.findings = new ArrayList<>(subject.ofModel());
  }

  /** All findings, the worst first. */
  static List<Finding> of(
      AuditSettings settings, Audit.Subject subject, SetFacts facts, Tallies tallies) {
    return new Findings(settings, subject, facts).all(tallies);
  }

  private List<Finding> all(Tallies tallies) {
    Map<String, Tallies.Tally> languages = new TreeMap<>();
    tallies
        .all()
        .forEach(
            (key, tally) -> {
              if (key.fault() == Fault.LANGUAGE) {
                languages.put(key.detail(), tally);
              } else if (key.fault() != Fault.MIXED_FORMATS
                  || !key.detail().equals(facts.mainFormat().toString())) {
                add(key.fault(), key.detail(), tally.rows(), tally.places());
              }
            });
    languages(languages);
    bos();
    balance();
    small();
    findings.sort(
        Comparator.comparing(Finding::severity)
            .thenComparing(Finding::fault)
            .thenComparing(Comparator.comparingLong(Finding::rows).reversed())
            .thenComparing(Finding::detail));
    return findings;
  }

  private void add(Fault fault, String detail, long rows, List<Place> places) {
    Gravity gravity = Gravity.of(fault, rows, settings.data(), facts);
    String words =
        Counts.number(rows)
            + " of "
            + Counts.of(facts.rows(), "row")
            + " "
            + fault.title(rows)
            + (detail.isEmpty() ? "" : ": " + detail)
            + (gravity.because().isEmpty() ? "" : "; " + gravity.because());
    Mends.Mend mend = mends.of(fault, detail);
    findings.add(
        new Finding(
            fault, detail, gravity.severity(), rows, words, places, mend.advice(), mend.command()));
  }

  /** All languages but the set's, as one finding; none where the set has several. */
  private void languages(Map<String, Tallies.Tally> all) {
    facts.mainLanguage().ifPresent(all::remove);
    if (facts.mainLanguage().isEmpty() || all.isEmpty()) {
      return;
    }
    List<Place> places =
        all.values().stream()
            .flatMap(tally -> tally.places().stream())
            .sorted(Comparator.comparingInt(Place::file).thenComparingInt(Place::row))
            .limit(Finding.LISTED)
            .toList();
    long rows = all.values().stream().mapToLong(Tallies.Tally::rows).sum();
    String names = all.keySet().stream().map(Findings::language).collect(Collectors.joining(", "));
    add(Fault.LANGUAGE, names, rows, places);
  }

  static String language(String code) {
    return Language.name(code) + " (" + code + ")";
  }

  private void bos() {
    boolean several = facts.rowsByBos().keySet().stream().anyMatch(count -> count > 1);
    if (facts.rowsByBos().size() <= 1 && !several) {
      return;
    }
    String counts =
        facts.rowsByBos().entrySet().stream()
            .map(entry -> Counts.of(entry.getValue(), "sequence") + " with " + entry.getKey())
            .collect(Collectors.joining(", "));
    findings.add(
        Finding.ofAll(
            Fault.BOS,
            "",
            Fault.BOS.title(0) + ": " + counts,
            several
                ? "remove the BOS token from the texts or from the template: tokenizer and"
                    + " template both add one"
                : "make a set of each format: conversations and plain texts begin differently"));
  }

  private void balance() {
    facts
        .columns()
        .forEach(
            (column, counts) -> {
              for (String words :
                  Imbalance.of(counts).findings(column, MAJORITY, FEWEST_OF_A_VALUE)) {
                findings.add(
                    Finding.ofAll(
                        Fault.IMBALANCE,
                        column,
                        words,
                        "collect more of the rare values, or weigh the sources of a prepared set"
                            + " (sources: weight)"));
              }
            });
  }

  private void small() {
    if (facts.used() == 0) {
      return; // more rows are not what is missing
    }
    Map<String, Long> classes =
        facts.formats().containsKey(Format.CLASSIFICATION)
            ? facts.columns().getOrDefault("label", Map.of())
            : Map.of();
    SampleSize.Size size =
        new SampleSize.Size(facts.used(), BATCH, 1, facts.evaluationRows(), classes);
    for (SampleSize.Note note : SampleSize.notes(size)) {
      findings.add(
          Finding.ofAll(
              Fault.SMALL,
              note.purpose(),
              note.sentence() + " (" + note.source() + ")",
              "add rows; luthier data generate writes some from those that there are"));
    }
  }
}
