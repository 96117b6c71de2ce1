package dev.luthier.data.prepare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.BadRows;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.DataSettings.Overflow;
import dev.luthier.data.Example;
import dev.luthier.data.ExampleReader;
import dev.luthier.data.Examples;
import dev.luthier.data.OrderedWork;
import dev.luthier.data.OverflowRule;
import dev.luthier.data.Progress;
import dev.luthier.data.Refusal;
import dev.luthier.data.Row;
import dev.luthier.data.duplicates.Clusters;
import dev.luthier.data.duplicates.DuplicateFinder;
import dev.luthier.data.duplicates.Signature;
import dev.luthier.data.prepared.Kind;
import dev.luthier.data.prepared.Manifest;
import dev.luthier.data.prepared.PreparedWriter;
import dev.luthier.data.prepared.SplitWriter;
import dev.luthier.data.privacy.PersonalData;
import dev.luthier.data.quality.Filters;
import dev.luthier.data.quality.Overlap;
import dev.luthier.data.source.DataFiles;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Hashes;
import dev.luthier.format.Reason;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.IntUnaryOperator;

/**
 * Prepares a set. Rows go through in their order, several at a time, and never all at once:
 *
 * <ol>
 *   <li>each source file is read, its rows cleaned, filtered and freed of personal data: a {@link
 *       Piece}
 *   <li>duplicates are found among all rows that are left, and each row is given its split
 *   <li>rows are encoded, in chunks
 *   <li>chunks are put together as a prepared set, and packed
 * </ol>
 *
 * Pieces and chunks stay in a {@link Workspace} until the set is whole.
 */
public final class PreparePipeline {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Rows of a chunk: what is done again at most after an interruption. */
  private static final int CHUNK = 4096;

  private static final int PROGRESS_EVERY = 500;

  private final Preparation preparation;
  private final Progress progress;
  private final BooleanSupplier cancelled;
  private final List<SourceFile> files;
  private final List<Piece.Account> accounts = new ArrayList<>();
  private final Tally tally = new Tally();
  private IntUnaryOperator original = row -> row;

  private PreparePipeline(Preparation preparation, Progress progress, BooleanSupplier cancelled) {
    this.preparation = preparation;
    this.progress = progress;
    this.cancelled = cancelled;
    this.files = SourceFile.of(preparation.sources());
  }

  /**
   * What is written.
   *
   * @param output the set's folder
   * @param about what its manifest says of how it was made
   * @param identity names settings and sources, for going on after an interruption
   */
  public record Target(Path output, AboutSet about, String identity) {}

  /** Makes the manifest's head once it is known what kind of rows there are. */
  @FunctionalInterface
  public interface AboutSet {
    Manifest.About of(Kind kind);
  }

  /**
   * Prepares it, or goes on with it.
   *
   * @param cancelled whether to stop; what is done stays in {@code OUTPUT.preparing}
   * @throws LuthierException a file cannot be read, more rows are bad than the settings allow, or
   *     it was stopped
   */
  public static Manifest run(
      Preparation preparation, Target target, Progress progress, BooleanSupplier cancelled) {
    return new PreparePipeline(preparation, progress, cancelled).run(target);
  }

  private Manifest run(Target target) {
    StringBuilder sources = new StringBuilder(target.identity());
    files.forEach(file -> sources.append('\n').append(file.path()).append(file.sha256()));
    Workspace work = Workspace.open(target.output(), Hashes.text(sources.toString()));
    pieces(work);
    checkBadRows(work);
    RowTable rows = new RowTable(preparation.seed());
    byte[] targets = targets(work, rows);
    int chunks = encode(work, rows, targets);
    Manifest manifest = assemble(work, target, new Outcome(rows, targets, chunks));
    work.delete();
    return manifest;
  }

  // 1: single rows

  private void pieces(Workspace work) {
    RowJudge judge = null;
    for (int i = 0; i < files.size(); i++) {
      Piece piece = work.piece(i);
      if (!piece.finished()) {
        if (judge == null) {
          judge = judge();
        }
        piece(files.get(i), piece, judge);
      }
      accounts.add(piece.account());
    }
  }

  private RowJudge judge() {
    Overlap evaluation = new Overlap(preparation.overlap().words());
    for (Path named : preparation.overlap().against()) {
      DataFiles.of(named).forEach(file -> hold(file, evaluation));
    }
    var tokenizer = preparation.encoder().tokenizer();
    return new RowJudge(
        new TextCleaner(
            preparation.clean(), tokenizer.specialIds().stream().map(tokenizer::token).toList()),
        preparation.answers().drop(),
        new Filters(preparation.filters()),
        PersonalData.of(preparation.privacy()),
        preparation.privacy().action(),
        evaluation,
        preparation.split());
  }

  private void hold(Path file, Overlap evaluation) {
    ExampleReader.of(preparation.data())
        .read(
            file,
            new ExampleReader.Sink() {
              @Override
              public void row(Row row, Format format, boolean usual) {
                evaluation.add(Examples.text(row.example()));
              }

              @Override
              public void refused(Refusal refusal) {
                evaluation.add("");
              }
            });
  }

  private void piece(SourceFile file, Piece piece, RowJudge judge) {
    SourceSettings source = preparation.sources().get(file.source());
    String what = "reading " + file.path();
    try (Piece.Writer writer = piece.new Writer();
        OrderedWork<Object, Judged> work =
            new OrderedWork<>(
                preparation.threads(),
                item -> item instanceof Row row ? judge.judge(row) : judge.refused((Refusal) item),
                judged -> {
                  writer.add(judged);
                  tick(what, writer.rows(), 0);
                })) {
      long[] read = {0};
      try {
        SourceFile.reader(source, preparation.data())
            .read(
                file.path(),
                new ExampleReader.Sink() {
                  @Override
                  public void row(Row row, Format format, boolean usual) {
                    take(row);
                  }

                  @Override
                  public void refused(Refusal refusal) {
                    take(refusal);
                  }

                  private void take(Object item) {
                    if (source.limit().isPresent() && read[0] >= source.limit().get()) {
                      throw new Enough();
                    }
                    read[0]++;
                    work.add(item);
                  }
                });
      } catch (Enough enough) {
        // the source asks for no more rows
      }
      work.finish();
      if (writer.rows() == 0) {
        throw new LuthierException("Expected rows in " + file.path() + ", found none.");
      }
      writer.finish();
    }
  }

  /** Ends the reading of a file. */
  private static final class Enough extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Enough() {
      super(null, null, false, false);
    }
  }

  private void checkBadRows(Workspace work) {
    BadRows rule = preparation.data().badRows();
    if (rule == BadRows.SKIP || rule == BadRows.REPAIR) {
      return;
    }
    long all = 0;
    long bad = 0;
    for (Piece.Account account : accounts) {
      all += account.rows();
      bad += sum(account.dropped().getOrDefault(Stages.READ, Map.of()));
    }
    if (bad > (rule == BadRows.STRICT ? 0 : OverflowRule.TOLERATED * all)) {
      StringBuilder list = new StringBuilder();
      int[] listed = {0};
      for (int i = 0; i < files.size(); i++) {
        String path = files.get(i).path().toString();
        work.piece(i)
            .readDropped(
                (row, stage, reason, text) -> {
                  if (stage.equals(Stages.READ.toString()) && listed[0]++ < 20) {
                    list.append("\n  ").append(path).append(" row ").append(row);
                    list.append(": ").append(reason);
                  }
                });
      }
      throw new LuthierException(
          bad
              + " of "
              + all
              + " rows cannot be read (data.badRows="
              + rule
              + "):"
              + list
              + (bad > 20 ? "\n  and " + (bad - 20) + " more" : "")
              + "\nMend them, or say data.badRows=repair or data.badRows=skip.");
    }
  }

  // 2: all rows together

  private byte[] targets(Workspace work, RowTable rows) {
    try (DuplicateFinder finder = DuplicateFinder.open(preparation.duplicates(), work.scratch())) {
      for (int i = 0; i < files.size(); i++) {
        int source = files.get(i).source();
        int file = i;
        try (OrderedWork<Piece.PieceRow, Signed> signing =
            new OrderedWork<>(
                preparation.threads(),
                row -> Signed.of(RowTokens.example(row.json()), finder),
                signed -> {
                  finder.add(signed.signature());
                  tally.add(signed.kind());
                })) {
          work.piece(i)
              .read(
                  row -> {
                    rows.add(source, file, row);
                    tick("looking for duplicates", rows.size(), 0);
                    signing.add(row);
                  });
          signing.finish();
        }
      }
      if (rows.size() == 0) {
        throw new LuthierException(
            "No row is left to prepare; the account of the stages:" + lost());
      }
      Clusters clusters =
          finder.cluster((done, total) -> tick("comparing rows", done, total), cancelled);
      byte[] targets =
          Targets.of(
              preparation.split(),
              preparation.sources(),
              rows,
              clusters,
              preparation.clean().duplicates());
      tally.duplicates(clusters, targets);
      original = clusters::original;
      return targets;
    }
  }

  private record Signed(Signature signature, Kind kind) {
    static Signed of(Example example, DuplicateFinder finder) {
      return new Signed(finder.signer().sign(Examples.text(example)), Tally.kind(example));
    }
  }

  private String lost() {
    StringBuilder out = new StringBuilder();
    accounts.forEach(
        account ->
            account
                .dropped()
                .forEach((stage, kinds) -> out.append("\n  ").append(stage).append(kinds)));
    return out.toString();
  }

  // 3: tokens

  /**
   * @return how many chunks there are
   */
  private int encode(Workspace work, RowTable rows, byte[] targets) {
    RowTokens tokens =
        new RowTokens(
            preparation.encoder(), preparation.data().overflow(), preparation.data().maxLength());
    long total = 0;
    for (byte target : targets) {
      total += target >= 0 ? 1 : 0;
    }
    long all = total;
    ChunkWriter chunks = new ChunkWriter(work);
    int[] ordinal = {0};
    long[] selected = {0};
    try (OrderedWork<Waiting, Encoded> encoding =
        new OrderedWork<>(
            preparation.threads(),
            row -> tokens.encode(row.target(), row.file(), row.row()),
            chunks::add)) {
      for (int i = 0; i < files.size(); i++) {
        int file = i;
        work.piece(i)
            .read(
                row -> {
                  byte target = targets[ordinal[0]++];
                  if (target >= 0) {
                    int chunk = (int) (selected[0]++ / CHUNK);
                    tick("encoding", selected[0], all);
                    if (!Files.exists(work.chunk(chunk))) {
                      encoding.add(new Waiting(target, file, row));
                    } else {
                      chunks.have(chunk);
                    }
                  }
                });
      }
      encoding.finish();
      chunks.finish();
    }
    return (int) ((all + CHUNK - 1) / CHUNK);
  }

  private record Waiting(byte target, int file, Piece.PieceRow row) {}

  /** Collects encoded rows; a chunk's file appears when it is whole. */
  private static final class ChunkWriter {
    private final Workspace work;
    private final List<Encoded> rows = new ArrayList<>();
    private int next;

    ChunkWriter(Workspace work) {
      this.work = work;
    }

    void have(int chunk) {
      next = Math.max(next, chunk + 1);
    }

    void add(Encoded row) {
      rows.add(row);
      if (rows.size() == CHUNK) {
        finish();
      }
    }

    void finish() {
      if (rows.isEmpty()) {
        return;
      }
      Path file = work.chunk(next++);
      AtomicFile.write(
          file,
          channel -> {
            DataOutputStream out =
                new DataOutputStream(
                    new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16));
            out.writeInt(rows.size());
            for (Encoded row : rows) {
              row.write(out);
            }
            out.flush();
          });
      rows.clear();
    }
  }

  // 4: the set

  /** What is known of the rows before the set is written. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Outcome(RowTable rows, byte[] targets, int chunks) {}

  private Manifest assemble(Workspace work, Target target, Outcome outcome) {
    return PreparedWriter.write(
        target.output(),
        target.about().of(tally.kind()),
        set -> {
          Map<Byte, SplitWriter> writers = new TreeMap<>();
          Map<Byte, SplitTally> facts = new TreeMap<>();
          for (int chunk = 0; chunk < outcome.chunks(); chunk++) {
            for (Encoded row : read(work.chunk(chunk))) {
              tally.encoded(row);
              SplitTally split = facts.computeIfAbsent(row.target(), t -> new SplitTally());
              split.add(row);
              if (row.refused().isEmpty()) {
                SplitWriter writer = writers.get(row.target());
                if (writer == null) {
                  writer = set.split(Targets.SPLITS.get(row.target()));
                  writers.put(row.target(), writer);
                }
                writer.row(row.source(), row.number(), row.json());
                for (Encoded.Document document : row.documents()) {
                  writer.document(document.part(), document.sequence());
                }
              }
            }
            tick("writing", chunk + 1, outcome.chunks());
          }
          checkLong();
          if (!writers.containsKey(Targets.TRAIN)) {
            throw new LuthierException("No row is left to train on." + lost());
          }
          for (byte split : writers.keySet()) {
            SplitTally counts = facts.get(split);
            set.finish(
                Targets.SPLITS.get(split),
                counts == null ? new SplitTally().facts() : counts.facts());
          }
          droppedRows(set.extra("dropped.jsonl"), work, outcome);
          return new Manifest.Origin(sources(), tally.stages(accounts, outcome.targets()));
        });
  }

  private void checkLong() {
    if (preparation.data().overflow() == Overflow.ERROR
        && tally.tooLong() > OverflowRule.TOLERATED * tally.encoded()) {
      throw new LuthierException(
          tally.tooLong()
              + " of "
              + tally.encoded()
              + " rows are longer than data.maxLength = "
              + preparation.data().maxLength()
              + " tokens (at most 1 % may be). Raise data.maxLength, or say what to do with them:"
              + " data.overflow=drop, truncate (the end is lost) or split. luthier data check shows"
              + " what each length would cost.");
    }
  }

  private List<Manifest.Source> sources() throws IOException {
    List<Manifest.Source> sources = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      SourceFile file = files.get(i);
      sources.add(
          new Manifest.Source(
              file.path().toString(),
              file.sha256(),
              Files.size(file.path()),
              accounts.get(i).rows()));
    }
    return sources;
  }

  /** Every row that was left out, with the stage and the reason. */
  private void droppedRows(Path file, Workspace work, Outcome outcome) throws IOException {
    try (Writer out = Files.newBufferedWriter(file)) {
      int[] ordinal = {0};
      for (int i = 0; i < files.size(); i++) {
        String path = path(i);
        work.piece(i)
            .readDropped((row, stage, why, text) -> out.write(line(path, row, stage, why, text)));
        work.piece(i)
            .read(
                row -> {
                  int at = ordinal[0]++;
                  byte target = outcome.targets()[at];
                  if (target == Targets.DUPLICATE) {
                    int like = original.applyAsInt(at);
                    String why =
                        "like row "
                            + outcome.rows().number(like)
                            + " of "
                            + path(outcome.rows().file(like));
                    out.write(line(path, row.number(), "duplicates", why, text(row)));
                  } else if (target == Targets.NOT_TAKEN) {
                    out.write(line(path, row.number(), "mix", "not taken", text(row)));
                  }
                });
      }
      for (int chunk = 0; chunk < outcome.chunks(); chunk++) {
        for (Encoded row : read(work.chunk(chunk))) {
          if (!row.refused().isEmpty()) {
            String json = new String(row.json(), StandardCharsets.UTF_8);
            out.write(line(path(row.source()), row.number(), "encode", row.refused(), json));
          }
        }
      }
    }
  }

  private String path(int file) {
    return files.get(file).path().toString();
  }

  private static String text(Piece.PieceRow row) {
    return new String(row.json(), StandardCharsets.UTF_8);
  }

  private static String line(String file, int row, String stage, String reason, String text)
      throws JsonProcessingException {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("file", file);
    line.put("row", row);
    line.put("stage", stage);
    line.put("reason", reason);
    line.put("text", text);
    return JSON.writeValueAsString(line) + "\n";
  }

  private static List<Encoded> read(Path chunk) {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(chunk), 1 << 16))) {
      int count = in.readInt();
      List<Encoded> rows = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        rows.add(Encoded.read(in));
      }
      return rows;
    } catch (IOException e) {
      throw new LuthierException(chunk + " cannot be read: " + Reason.of(e), e);
    }
  }

  static long sum(Map<String, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  private void tick(String what, long done, long total) {
    if (cancelled.getAsBoolean()) {
      throw new LuthierException(
          "Stopped while " + what + "; the same command goes on from there.");
    }
    if (done % PROGRESS_EVERY == 0 || done == total) {
      progress.at(what, done, total);
    }
  }
}
