package dev.luthier.data.prepare;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.Overflow;
import dev.luthier.data.OverflowRule;
import dev.luthier.data.Refusal;
import dev.luthier.data.RefusedRows;
import dev.luthier.data.prepared.Manifest;
import dev.luthier.data.prepared.PreparedWriter;
import dev.luthier.data.prepared.SplitWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;

/**
 * Puts the chunks together as a prepared set.
 *
 * @param targets for each row of the pieces, its split, or why it has none
 * @param original for a row that repeats others, the one that stays
 */
@SuppressWarnings("ArrayRecordComponent")
record SetAssembly(
    Preparation preparation,
    List<SourceFile> files,
    Workspace work,
    RowTable rows,
    byte[] targets,
    IntUnaryOperator original,
    Chunks chunks,
    Tally tally,
    Watcher watcher) {

  /** Fills the set. */
  Manifest.Origin write(PreparedWriter set) throws IOException {
    Map<Byte, SplitWriter> writers = new TreeMap<>();
    Map<Byte, SplitTally> facts = new TreeMap<>();
    RefusedRows bad = new RefusedRows(preparation.data().badRows());
    for (int chunk = 0; chunk < chunks.count(); chunk++) {
      watcher.at("writing", chunk, chunks.count());
      chunks.read(
          chunk,
          row -> {
            tally.encoded(row);
            facts.computeIfAbsent(row.target(), split -> new SplitTally()).add(row);
            if (row.refused().isEmpty()) {
              write(row, writers, set);
            } else if (!row.facts().tooLong()) {
              bad.add(refusal(row));
            }
          });
    }
    bad.check(tally.account().rows());
    checkLong();
    if (!writers.containsKey(Targets.TRAIN)) {
      throw new LuthierException("No row is left to train on:" + tally.account().lost());
    }
    for (byte split : writers.keySet()) {
      watcher.at("packing", split, 0);
      set.finish(name(split), facts.getOrDefault(split, new SplitTally()).facts());
    }
    dropped(set);
    return new Manifest.Origin(sources(), tally.account().stages());
  }

  private static void write(Encoded row, Map<Byte, SplitWriter> writers, PreparedWriter set)
      throws IOException {
    SplitWriter writer = writers.get(row.target());
    if (writer == null) {
      writer = set.split(name(row.target()));
      writers.put(row.target(), writer);
    }
    writer.row(row.source(), row.number(), row.json());
    for (Encoded.Document document : row.documents()) {
      writer.document(document.part(), document.sequence());
    }
  }

  private static String name(byte split) {
    return Targets.SPLITS.get(split);
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
              file.path().toString(), file.sha256(), Files.size(file.path()), tally.rows(i)));
    }
    return sources;
  }

  private void dropped(PreparedWriter set) throws IOException {
    try (DroppedFile out = new DroppedFile(set.extra(DroppedFile.NAME))) {
      int[] ordinal = {0};
      for (int i = 0; i < files.size(); i++) {
        int file = i;
        watcher.at("listing what was left out", i, files.size());
        work.piece(i).readDropped(row -> out.add(row.stage(), row.refusal(path(file))));
        work.piece(i).read(row -> unused(row, file, ordinal[0]++, out));
      }
      for (int chunk = 0; chunk < chunks.count(); chunk++) {
        chunks.read(
            chunk,
            row -> {
              if (!row.refused().isEmpty()) {
                out.add(Stages.ENCODE, refusal(row));
              }
            });
      }
    }
  }

  private void unused(Judged.Kept row, int file, int at, DroppedFile out) throws IOException {
    if (targets[at] == Targets.DUPLICATE) {
      int like = original.applyAsInt(at);
      String why = "like row " + rows.number(like) + " of " + path(rows.file(like));
      out.add(Stages.DUPLICATES, refusal(file, row.number(), why, row.json()));
    } else if (targets[at] == Targets.NOT_TAKEN) {
      out.add(Stages.MIX, refusal(file, row.number(), "not taken", row.json()));
    }
  }

  private Refusal refusal(Encoded row) {
    return refusal(row.source(), row.number(), row.refused(), row.json());
  }

  private Refusal refusal(int file, int row, String why, byte[] json) {
    return new Refusal(path(file), row, why, "", new String(json, StandardCharsets.UTF_8));
  }

  private String path(int file) {
    return files.get(file).path().toString();
  }
}
