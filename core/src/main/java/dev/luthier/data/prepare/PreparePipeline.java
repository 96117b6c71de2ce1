package dev.luthier.data.prepare;

import dev.luthier.LuthierException;
import dev.luthier.data.Example;
import dev.luthier.data.Examples;
import dev.luthier.data.OrderedWork;
import dev.luthier.data.Progress;
import dev.luthier.data.RefusedRows;
import dev.luthier.data.duplicates.Clusters;
import dev.luthier.data.duplicates.DuplicateFinder;
import dev.luthier.data.duplicates.Signature;
import dev.luthier.data.prepared.Kind;
import dev.luthier.data.prepared.Manifest;
import dev.luthier.data.prepared.PreparedWriter;
import dev.luthier.format.Hashes;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Prepares a set. Rows go through in their order, several at a time, and never all at once:
 *
 * <ol>
 *   <li>each source file is read, its rows cleaned, filtered and freed of personal data: a {@link
 *       Piece}
 *   <li>duplicates are found among all rows that are left, and each row is given its split
 *   <li>rows are encoded, in {@link Chunks}
 *   <li>chunks are put together as a prepared set, and packed
 * </ol>
 *
 * Pieces and chunks stay in a {@link Workspace} until the set is whole.
 */
public final class PreparePipeline {
  private static final int CHUNK = 4096;

  private final Preparation preparation;
  private final Watcher watcher;
  private final List<SourceFile> files;
  private final Tally tally;

  private PreparePipeline(Preparation preparation, Target target, Watcher watcher) {
    this.preparation = preparation;
    this.watcher = watcher;
    this.files = SourceFile.of(preparation.sources(), target.output());
    this.tally = new Tally();
  }

  /**
   * What is written.
   *
   * @param output the set's folder
   * @param about what its manifest says of how it was made
   * @param identity names all but the data that decides about the content, for going on after an
   *     interruption
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
    Watcher watcher = new Watcher(Workspace.folder(target.output()), progress, cancelled);
    return run(preparation, target, watcher, CHUNK);
  }

  /**
   * @param chunk rows that are encoded again at most after an interruption
   */
  static Manifest run(Preparation preparation, Target target, Watcher watcher, int chunk) {
    return new PreparePipeline(preparation, target, watcher).run(target, chunk);
  }

  private Manifest run(Target target, int chunk) {
    try (Workspace work = Workspace.open(target.output(), identity(target))) {
      Manifest manifest = run(target, work, chunk);
      work.delete();
      return manifest;
    }
  }

  private Manifest run(Target target, Workspace work, int chunk) {
    tally.files(new PieceMaker(preparation).make(files, work, watcher));
    checkReadable(work);
    RowTable rows = new RowTable(preparation.seed());
    Clusters clusters = clusters(work, rows);
    byte[] targets =
        Targets.of(
            preparation.split(),
            preparation.sources(),
            rows,
            clusters,
            preparation.clean().duplicates());
    tally.targets(clusters, targets);
    Chunks chunks = new Chunks(work, chunk);
    chunks.encode(tokens(), preparation.threads(), files.size(), targets, watcher);
    SetAssembly assembly =
        new SetAssembly(
            preparation, files, work, rows, targets, clusters::original, chunks, tally, watcher);
    return PreparedWriter.write(target.output(), target.about().of(tally.kind()), assembly::write);
  }

  /** Settings, and the content of all files that are read. */
  private String identity(Target target) {
    StringBuilder all = new StringBuilder(target.identity());
    files.forEach(file -> all.append('\n').append(file.path()).append(' ').append(file.sha256()));
    for (Path file : preparation.overlap().files()) {
      all.append('\n').append(file).append(' ').append(Hashes.sha256(file));
    }
    return Hashes.text(all.toString());
  }

  private void checkReadable(Workspace work) {
    RefusedRows bad = new RefusedRows(preparation.data().badRows());
    for (int i = 0; i < files.size(); i++) {
      String path = files.get(i).path().toString();
      work.piece(i)
          .readDropped(
              row -> {
                if (row.stage() == Stages.READ) {
                  bad.add(row.refusal(path));
                }
              });
    }
    bad.check(tally.account().rows());
  }

  private Clusters clusters(Workspace work, RowTable rows) {
    try (DuplicateFinder finder = DuplicateFinder.open(preparation.duplicates(), work.scratch())) {
      for (int i = 0; i < files.size(); i++) {
        int source = files.get(i).source();
        int file = i;
        try (OrderedWork<Judged.Kept, Signed> signing =
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
                    watcher.at("looking for duplicates", rows.size(), 0);
                    signing.add(row);
                  });
          signing.finish();
        }
      }
      if (rows.size() == 0) {
        throw new LuthierException("No row is left to prepare:" + tally.account().lost());
      }
      checkColumn("split.stratify", preparation.split().stratify(), rows.hasStrata());
      checkColumn("split.group", preparation.split().group(), rows.hasGroups());
      String what = "comparing rows";
      return finder.cluster(
          (done, total) -> watcher.at(what, done, total),
          () -> {
            watcher.check(what);
            return false;
          });
    }
  }

  private static void checkColumn(String setting, Optional<String> column, boolean there) {
    if (column.isPresent() && !there) {
      throw new LuthierException(
          setting
              + " is "
              + column.get()
              + ", but no row has a value in a column of that name; name it as the files do");
    }
  }

  private record Signed(Signature signature, Kind kind) {
    static Signed of(Example example, DuplicateFinder finder) {
      Signature signature = finder.signer().sign(Examples.text(example), Examples.tools(example));
      return new Signed(signature, Tally.kind(example));
    }
  }

  private RowTokens tokens() {
    return new RowTokens(
        preparation.encoder(), preparation.data().overflow(), preparation.data().maxLength());
  }
}
