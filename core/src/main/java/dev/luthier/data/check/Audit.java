package dev.luthier.data.check;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.EncodedRow;
import dev.luthier.data.ExampleReader;
import dev.luthier.data.Examples;
import dev.luthier.data.OrderedWork;
import dev.luthier.data.Progress;
import dev.luthier.data.Refusal;
import dev.luthier.data.Row;
import dev.luthier.data.SftEncoder;
import dev.luthier.data.check.AuditReport.FormatShare;
import dev.luthier.data.check.AuditReport.SourceFile;
import dev.luthier.data.check.RowFacts.Mark;
import dev.luthier.data.duplicates.Clusters;
import dev.luthier.data.duplicates.DuplicateFinder;
import dev.luthier.data.privacy.PersonalData;
import dev.luthier.data.quality.Overlap;
import dev.luthier.data.source.DataFiles;
import dev.luthier.format.Hashes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Audits a whole set: each row is judged by itself, on several threads, and what only all rows
 * together show (duplicates, languages, balance, lengths) is told at the end. Rows are not kept; of
 * each a few dozen bytes are, in memory and in scratch files.
 */
public final class Audit {
  private static final int PROGRESS_EVERY = 500;

  /** Less confident where columns have other names than the usual ones. */
  private static final double UNUSUAL = 0.8;

  private final AuditSettings settings;
  private final SftEncoder encoder;
  private final Progress progress;
  private final BooleanSupplier cancelled;

  private final Tallies tallies = new Tallies();
  private final LengthCount lengths;
  private final List<SourceFile> files = new ArrayList<>();
  private final Map<Format, Long> formats = new EnumMap<>(Format.class);
  private final Map<Format, Long> unusual = new EnumMap<>(Format.class);
  private final Map<Integer, Long> rowsByBos = new TreeMap<>();
  private final Map<String, Long> languages = new TreeMap<>();
  private final Map<String, Map<String, Long>> columns = new LinkedHashMap<>();
  private final ExampleChoice examples;
  private final RowIndex index = new RowIndex();
  private long rows;
  private long used;
  private long repaired;
  private long stopping;

  /**
   * What is audited.
   *
   * @param model the model's folder, as the user wrote it
   * @param data files, folders or globs
   * @param evaluation the same; may be empty
   * @param settings what the user chose other than the defaults, as {@code --set} takes it
   * @param scratch a folder for temporary files
   * @param ofModel what was found about model and template before any row
   */
  public record Subject(
      String model,
      List<Path> data,
      List<Path> evaluation,
      List<String> settings,
      Path scratch,
      List<Finding> ofModel) {
    public Subject {
      data = List.copyOf(data);
      evaluation = List.copyOf(evaluation);
      settings = List.copyOf(settings);
      ofModel = List.copyOf(ofModel);
    }
  }

  private Audit(
      AuditSettings settings, SftEncoder encoder, Progress progress, BooleanSupplier cancelled) {
    this.settings = settings;
    this.encoder = encoder;
    this.progress = progress;
    this.cancelled = cancelled;
    this.lengths = new LengthCount(settings.data().maxLength());
    this.examples = new ExampleChoice(settings.examples());
  }

  /**
   * Reads and judges everything.
   *
   * @param cancelled whether to stop
   * @throws LuthierException a file cannot be read, or it was stopped
   */
  public static AuditReport run(
      AuditSettings settings,
      SftEncoder encoder,
      Subject subject,
      Progress progress,
      BooleanSupplier cancelled) {
    return new Audit(settings, encoder, progress, cancelled).run(subject);
  }

  private AuditReport run(Subject subject) {
    Overlap evaluation = new Overlap();
    files(subject.evaluation()).forEach(file -> hold(file, evaluation));
    try (DuplicateFinder duplicates =
        DuplicateFinder.open(settings.duplicates(), subject.scratch())) {
      RowAudit judge =
          new RowAudit(
              encoder,
              duplicates.signer(),
              PersonalData.of(settings.privacy()),
              evaluation,
              settings.by(),
              settings.data().maxLength());
      files(subject.data()).forEach(file -> judge(file, judge, duplicates));
      duplicates(duplicates);
    }
    Optional<Long> held =
        subject.evaluation().isEmpty() ? Optional.empty() : Optional.of((long) evaluation.rows());
    return report(subject, held);
  }

  private static List<Path> files(List<Path> named) {
    return named.stream().flatMap(path -> DataFiles.of(path).stream()).toList();
  }

  private void hold(Path file, Overlap evaluation) {
    ExampleReader.of(settings.data())
        .read(
            file,
            new ExampleReader.Sink() {
              @Override
              public void row(Row row, Format format, boolean usual) {
                evaluation.add(Examples.text(row.example()));
                tick("reading the evaluation data", evaluation.rows(), 0);
              }

              @Override
              public void refused(Refusal refusal) {
                evaluation.add(""); // so that rows keep their numbers
              }
            });
  }

  private void judge(Path file, RowAudit judge, DuplicateFinder duplicates) {
    int number = files.size();
    long before = rows;
    try (OrderedWork<Supplier<RowFacts>, RowFacts> work =
        new OrderedWork<>(
            settings.threads(), Supplier::get, facts -> take(number, facts, duplicates))) {
      ExampleReader.of(settings.data())
          .read(
              file,
              new ExampleReader.Sink() {
                @Override
                public void row(Row row, Format format, boolean usual) {
                  repaired += row.repairs().isEmpty() ? 0 : 1;
                  work.add(() -> judge.judge(row, format, usual));
                }

                @Override
                public void refused(Refusal refusal) {
                  work.add(() -> judge.refused(refusal));
                }
              });
      work.finish();
    }
    if (rows == before) {
      throw new LuthierException("Expected rows in " + file + ", found none.");
    }
    files.add(new SourceFile(file.toString(), Hashes.sha256(file), rows - before));
  }

  private void take(int file, RowFacts facts, DuplicateFinder duplicates) {
    rows++;
    tick("reading and judging rows", rows, 0);
    for (Mark mark : facts.marks()) {
      tallies.add(mark.fault(), mark.detail(), file, facts.number(), mark.evidence());
    }
    facts
        .format()
        .ifPresent(
            format -> {
              formats.merge(format, 1L, Long::sum);
              unusual.merge(format, facts.usual() ? 0L : 1L, Long::sum);
              tallies.add(Fault.MIXED_FORMATS, format.toString(), file, facts.number(), "");
            });
    facts
        .language()
        .ifPresent(
            language -> {
              languages.merge(language, 1L, Long::sum);
              tallies.add(
                  Fault.LANGUAGE, language, file, facts.number(), Findings.language(language));
            });
    facts
        .values()
        .forEach(
            (column, value) ->
                columns
                    .computeIfAbsent(column, name -> new TreeMap<>())
                    .merge(value, 1L, Long::sum));
    facts
        .signature()
        .ifPresent(
            signature -> {
              duplicates.add(signature);
              index.add(file, facts.number());
            });
    used += facts.documents().isEmpty() ? 0 : 1;
    for (EncodedRow document : facts.documents()) {
      lengths.add(document);
      rowsByBos.merge(document.bos(), 1L, Long::sum);
      stopping += document.endsWithStop() ? 1 : 0;
    }
    examples.add(file, facts);
  }

  private void duplicates(DuplicateFinder finder) {
    Clusters found =
        finder.cluster((done, total) -> tick("comparing rows", done, total), cancelled);
    for (int row = 0; row < found.rows(); row++) {
      if (!found.stays(row)) {
        int original = found.original(row);
        Fault fault = found.copy(row) ? Fault.EXACT_DUPLICATES : Fault.NEAR_DUPLICATES;
        String like =
            "like row "
                + index.number(original)
                + (index.file(original) == index.file(row)
                    ? ""
                    : " of " + files.get(index.file(original)).path());
        tallies.add(fault, "", index.file(row), index.number(row), like);
      }
    }
  }

  private void tick(String what, long done, long total) {
    if (cancelled.getAsBoolean()) {
      throw new LuthierException("Stopped while " + what + "; nothing was written.");
    }
    if (done % PROGRESS_EVERY == 0 || done == total) {
      progress.at(what, done, total);
    }
  }

  private AuditReport report(Subject subject, Optional<Long> evaluationRows) {
    double stopShare = lengths.documents() == 0 ? 0 : (double) stopping / lengths.documents();
    SetFacts facts =
        new SetFacts(
            rows, used, lengths, stopShare, rowsByBos, languages, columns, formats, evaluationRows);
    List<FormatShare> shares =
        formats.entrySet().stream()
            .map(
                entry -> {
                  double share = (double) entry.getValue() / rows;
                  double odd = (double) unusual.getOrDefault(entry.getKey(), 0L) / entry.getValue();
                  double confidence = share * (1 - odd * (1 - UNUSUAL));
                  return new FormatShare(entry.getKey(), entry.getValue(), confidence);
                })
            .sorted(Comparator.comparingLong((FormatShare f) -> -f.rows()))
            .toList();
    List<Finding> findings = Findings.of(settings, subject, facts, tallies);
    return new AuditReport(
        subject.model(),
        settings.data().template(),
        settings.data().maxLength(),
        files,
        evaluationRows,
        shares,
        rows,
        used,
        repaired,
        lengths.tokens(),
        lengths.trained(),
        lengths.lengths(),
        lengths.histogram(),
        lengths.cuts(),
        stopShare,
        rowsByBos,
        languages,
        columns,
        findings,
        examples.chosen(findings, encoder.tokenizer()));
  }
}
