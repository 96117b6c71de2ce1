package dev.luthier.data.check;

import dev.luthier.data.EncodedRow;
import dev.luthier.data.Preview;
import dev.luthier.data.Preview.PreviewRow;
import dev.luthier.data.Preview.Segment;
import dev.luthier.data.check.AuditReport.ExampleRow;
import dev.luthier.data.check.RowFacts.Mark;
import dev.luthier.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Picks the rows that a report shows: the first ones for half of them, a longest one, and the first
 * row of each finding, the worst first. Of the rows that come by, no more than that are kept; rows
 * with personal data never are.
 */
final class ExampleChoice {
  private final int most;
  private final List<Candidate> first = new ArrayList<>();
  private final Map<Fault, Candidate> ofFaults = new EnumMap<>(Fault.class);
  private Optional<Candidate> longest = Optional.empty();

  /** A row; two are the same only if they are one object. */
  private static final class Candidate {
    private final int file;
    private final RowFacts facts;

    Candidate(int file, RowFacts facts) {
      this.file = file;
      this.facts = facts;
    }

    int tokens() {
      return facts.documents().stream().mapToInt(d -> d.sequence().length()).max().orElse(0);
    }
  }

  /**
   * @param most rows that are shown
   */
  ExampleChoice(int most) {
    this.most = most;
  }

  /** Takes the next row. */
  void add(int file, RowFacts facts) {
    if (facts.marks().stream().anyMatch(mark -> mark.fault() == Fault.PERSONAL_DATA)) {
      return;
    }
    Candidate row = new Candidate(file, facts);
    if (first.size() < most && !facts.documents().isEmpty()) {
      first.add(row);
    }
    if (longest.isEmpty() || row.tokens() > longest.get().tokens()) {
      longest = Optional.of(row);
    }
    facts.marks().forEach(mark -> ofFaults.putIfAbsent(mark.fault(), row));
  }

  /**
   * The rows to show.
   *
   * @param findings the worst first
   */
  List<ExampleRow> chosen(List<Finding> findings, Tokenizer tokenizer) {
    int leading = Math.min(first.size(), (most + 1) / 2);
    Set<Candidate> chosen = new LinkedHashSet<>(first.subList(0, leading));
    longest.filter(row -> row.tokens() > 0).ifPresent(chosen::add);
    for (Finding finding : findings) {
      Optional.ofNullable(ofFaults.get(finding.fault())).ifPresent(chosen::add);
    }
    chosen.addAll(first);
    return chosen.stream().limit(most).map(row -> shown(row, tokenizer)).toList();
  }

  private ExampleRow shown(Candidate row, Tokenizer tokenizer) {
    List<EncodedRow> documents = row.facts.documents();
    boolean isLongest = longest.filter(other -> other == row).isPresent();
    List<String> why = new ArrayList<>();
    if (first.contains(row)) {
      why.add("one of the first rows");
    }
    if (isLongest) {
      why.add("one of the longest");
    }
    for (Mark mark : row.facts.marks()) {
      why.add(mark.fault().title(1) + (mark.evidence().isEmpty() ? "" : ": " + mark.evidence()));
    }
    if (documents.isEmpty()) {
      Segment text = new Segment(false, List.of(), List.of(row.facts.unused()));
      return new ExampleRow(row.file, new PreviewRow(row.facts.number(), 0, 0, List.of(text)), why);
    }
    int document = isLongest ? longest(documents) : 0;
    if (documents.size() > 1) {
      why.add(document == 0 ? "with its chosen answer" : "with its rejected answer");
    }
    return new ExampleRow(row.file, Preview.row(documents.get(document), tokenizer), why);
  }

  private static int longest(List<EncodedRow> documents) {
    return documents.indexOf(
        documents.stream()
            .max(Comparator.comparingInt(document -> document.sequence().length()))
            .orElseThrow());
  }
}
