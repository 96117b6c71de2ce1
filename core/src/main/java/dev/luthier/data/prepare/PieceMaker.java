package dev.luthier.data.prepare;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.Example;
import dev.luthier.data.ExampleReader;
import dev.luthier.data.Examples;
import dev.luthier.data.OrderedWork;
import dev.luthier.data.Refusal;
import dev.luthier.data.RefusedRows;
import dev.luthier.data.Row;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.data.privacy.PersonalData;
import dev.luthier.data.privacy.PrivacySettings.Action;
import dev.luthier.data.quality.Filters;
import dev.luthier.data.quality.Overlap;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads the source files and does what can be done to a row alone: a {@link Piece} of each. */
final class PieceMaker {
  private final Preparation preparation;
  private final RowJudge judge;
  private final Overlap evaluation;

  PieceMaker(Preparation preparation) {
    this.preparation = preparation;
    this.evaluation = new Overlap(preparation.overlap().words());
    var tokenizer = preparation.encoder().tokenizer();
    this.judge =
        new RowJudge(
            new TextCleaner(
                preparation.clean(),
                tokenizer.specialIds().stream().map(tokenizer::token).toList()),
            preparation.answers().drop(),
            new Filters(preparation.filters()),
            PersonalData.of(preparation.privacy()),
            preparation.privacy().action(),
            evaluation,
            preparation.split());
  }

  /**
   * Makes the pieces that are not there yet.
   *
   * @return the account of each file
   */
  List<Account> make(List<SourceFile> files, Workspace work, Watcher watcher) {
    if (!work.pieces(files.size()).stream().allMatch(Piece::finished)) {
      hold();
    }
    Map<Integer, Long> read = new HashMap<>();
    for (int i = 0; i < files.size(); i++) {
      SourceFile file = files.get(i);
      Piece piece = work.piece(i);
      if (!piece.finished()) {
        SourceSettings source = preparation.sources().get(file.source());
        long most = source.limit().map(Long::valueOf).orElse(Long.MAX_VALUE);
        make(file, piece, most - read.getOrDefault(file.source(), 0L), watcher);
      }
      read.merge(file.source(), piece.account().rows(), Long::sum);
    }
    return work.pieces(files.size()).stream().map(Piece::account).toList();
  }

  /** Evaluation rows are compared as the set's are: cleaned and redacted. */
  private void hold() {
    RefusedRows bad = new RefusedRows(preparation.data().badRows());
    for (Path named : preparation.overlap().against()) {
      ExampleReader reader =
          PreparedSet.isOne(named)
              ? new ExampleReader(Format.AUTO)
              : ExampleReader.of(preparation.data());
      OverlapSettings.files(named).forEach(file -> hold(reader, file, bad));
    }
    bad.check(evaluation.rows());
  }

  private void hold(ExampleReader reader, Path file, RefusedRows bad) {
    reader.read(
        file,
        new ExampleReader.Sink() {
          @Override
          public void row(Row row, Format format, boolean usual) {
            Example cleaned = Examples.map(row.example(), judge.cleaner());
            evaluation.add(
                Examples.text(
                    judge.action() == Action.REDACT
                        ? Examples.map(cleaned, judge.personal()::redact)
                        : cleaned));
          }

          @Override
          public void refused(Refusal refusal) {
            evaluation.add(""); // so that rows keep their numbers
            bad.add(refusal);
          }
        });
  }

  /**
   * @param most rows that are wanted of the file
   */
  private void make(SourceFile file, Piece piece, long most, Watcher watcher) {
    String what = "reading " + file.path();
    try (Piece.Writer writer = piece.new Writer();
        OrderedWork<Object, Judged> work =
            new OrderedWork<>(
                preparation.threads(),
                item -> item instanceof Row row ? judge.judge(row) : judge.refused((Refusal) item),
                judged -> {
                  writer.add(judged);
                  watcher.at(what, writer.rows(), 0);
                })) {
      try {
        SourceFile.reader(preparation.sources().get(file.source()), preparation.data())
            .read(file.path(), new UpTo(most, work));
      } catch (Enough enough) {
        // the source asks for no more rows
      }
      work.finish();
      if (writer.rows() == 0 && most > 0) {
        throw new LuthierException("Expected rows in " + file.path() + ", found none.");
      }
      writer.finish();
    }
  }

  /** Hands on so many rows. */
  private static final class UpTo implements ExampleReader.Sink {
    private final OrderedWork<Object, Judged> work;
    private long left;

    UpTo(long most, OrderedWork<Object, Judged> work) {
      this.left = most;
      this.work = work;
    }

    @Override
    public void row(Row row, Format format, boolean usual) {
      take(row);
    }

    @Override
    public void refused(Refusal refusal) {
      take(refusal);
    }

    private void take(Object item) {
      if (left-- <= 0) {
        throw new Enough();
      }
      work.add(item);
    }
  }

  /** Ends the reading of a file. */
  private static final class Enough extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Enough() {
      super(null, null, false, false);
    }
  }
}
