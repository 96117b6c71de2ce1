package dev.luthier.data.duplicates;

import dev.luthier.LuthierException;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/**
 * Finds the duplicates among more rows than memory holds. Rows are added in their order by one
 * thread; signing, which is most of the work, may happen in others:
 *
 * <pre>{@code
 * try (DuplicateFinder finder = DuplicateFinder.open(DuplicateSettings.defaults(), scratch)) {
 *   for (String text : texts) {
 *     finder.add(text);
 *   }
 *   Clusters found = finder.cluster((done, total) -> {}, () -> false);
 *   // found.original(17) is 17 when row 17 stays, and 3 when it duplicates row 3
 * }
 * }</pre>
 */
public final class DuplicateFinder implements AutoCloseable {
  /** Java's longest array. */
  static final int MOST_ROWS = Integer.MAX_VALUE - 8;

  private final DuplicateSettings settings;
  private final Signer signer;
  private final KeyFile keys;
  private final SignatureFile signatures;

  @SuppressWarnings("MustBeClosedChecker")
  private DuplicateFinder(DuplicateSettings settings, Path scratch) {
    this.settings = settings;
    this.signer = new Signer(settings);
    this.signatures = new SignatureFile(scratch);
    try {
      int bands = settings.seeksNear() ? Banding.of(settings.near()).bands() : 0;
      this.keys = new KeyFile(scratch, 1 + bands);
    } catch (RuntimeException e) {
      signatures.close();
      throw e;
    }
  }

  /**
   * Begins without any rows.
   *
   * @param scratch a folder for files of 20 bytes a row, four a band (26 of them at 0.8) and four a
   *     distinct shingle, which is about as many as the text has characters; they are deleted on
   *     close
   * @throws LuthierException if the folder cannot be written to
   */
  public static DuplicateFinder open(DuplicateSettings settings, Path scratch) {
    return new DuplicateFinder(settings, scratch);
  }

  /** Returns what makes the signatures that {@link #add(Signature)} takes. */
  public Signer signer() {
    return signer;
  }

  /**
   * Adds a row.
   *
   * @return its number, from 0
   * @throws LuthierException if the scratch folder's disk is full, or there are 2,147,483,639 rows
   */
  public int add(String text) {
    return add(signer.sign(text));
  }

  /** Adds a row of which the signature is known; else as {@link #add(String)}. */
  public int add(Signature signature) {
    int row = keys.rows();
    if (row == MOST_ROWS) {
      throw new LuthierException(
          "Duplicates can be looked for among "
              + MOST_ROWS
              + " rows, and there are more: split the"
              + " data");
    }
    signatures.append(signature);
    keys.append((int) (signature.high() >>> Integer.SIZE), signature.bands());
    return row;
  }

  /**
   * Looks for duplicates among the rows added so far.
   *
   * @param progress is told now and then
   * @param cancelled whether to stop
   * @throws LuthierException if stopped; the finder can be asked again
   */
  public Clusters cluster(ClusterProgress progress, BooleanSupplier cancelled) {
    Watch watch = new Watch(ClusterSearch.work(keys), progress, cancelled);
    return new ClusterSearch(keys, signatures, settings.near(), watch).run();
  }

  /**
   * Returns the Jaccard similarity of two rows' shingles, 0 to 1; 0 when only exact copies are
   * looked for.
   */
  public double similarity(int a, int b) {
    return Jaccard.of(signatures.shingles(a), signatures.shingles(b));
  }

  /** Deletes the scratch files. */
  @Override
  public void close() {
    try {
      keys.close();
    } finally {
      signatures.close();
    }
  }
}
