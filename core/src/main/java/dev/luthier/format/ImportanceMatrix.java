package dev.luthier.format;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How much each column of a model's matrices matters: the mean square of what it is multiplied
 * with, over the tokens of a text. llama.cpp's imatrix, by which {@code export gguf --imatrix}
 * weighs errors (Kawrakow, llama.cpp pull request 4861).
 *
 * @param entries by the tensor's name in GGUF, such as {@code blk.0.attn_q.weight}
 * @param datasets what the texts were called
 * @param chunks how many pieces of text were read
 * @param chunkTokens tokens of a piece; 0 where the file does not say it
 */
public record ImportanceMatrix(
    SortedMap<String, Entry> entries, List<String> datasets, long chunks, long chunkTokens) {
  /** How the names of files in the format of before July 2025 end. */
  public static final String DAT = ".dat";

  /** Makes the map unmodifiable and copies the list. */
  public ImportanceMatrix {
    entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
    datasets = List.copyOf(datasets);
  }

  /**
   * What one tensor's columns were multiplied with.
   *
   * @param sums (matrices, columns) of squares; one matrix, or one for each expert
   * @param counts of what was summed, for each matrix, or one for all
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Entry(float[] sums, long[] counts) {
    /** Checks that there are whole rows. */
    public Entry {
      if (counts.length == 0 || sums.length == 0 || sums.length % counts.length != 0) {
        throw new IllegalArgumentException(sums.length + " sums with " + counts.length + " counts");
      }
    }

    /** Numbers in a row, if there are as many matrices as counts. */
    int columns() {
      return sums.length / counts.length;
    }

    float[] means() {
      float[] out = new float[sums.length];
      for (int i = 0; i < out.length; i++) {
        long count = counts[i / columns()];
        out[i] = count == 0 ? 1 : sums[i] / count;
      }
      return out;
    }

    /** How many matrices nothing was multiplied with: experts that no token was given to. */
    public int unseen() {
      int unseen = 0;
      for (long count : counts) {
        unseen += count == 0 ? 1 : 0;
      }
      return unseen;
    }
  }

  /**
   * Reads either format; the file's first bytes tell which it is.
   *
   * @throws LuthierException naming the file and what is wrong with it
   */
  public static ImportanceMatrix read(Path path) {
    try {
      ImportanceMatrix read =
          isGguf(path)
              ? ImportanceGguf.of(Gguf.open(path))
              : new ImportanceDat(path, Files.readAllBytes(path)).parse();
      read.entries.forEach((name, entry) -> check(path, name, entry));
      return read;
    } catch (IOException e) {
      throw GgufCursor.unreadable(path, e);
    }
  }

  private static boolean isGguf(Path path) throws IOException {
    try (var in = Files.newInputStream(path)) {
      byte[] first = in.readNBytes(4);
      return first.length == 4
          && ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getInt() == GgufHeader.MAGIC;
    }
  }

  private static void check(Path path, String name, Entry entry) {
    for (float sum : entry.sums) {
      if (!(sum >= 0) || Float.isInfinite(sum)) {
        throw broken(
            path, "a sum of squares of tensor '" + Problems.shortened(name) + "' is " + sum);
      }
    }
    for (long count : entry.counts) {
      if (count < 0) {
        throw broken(path, "a count of tensor '" + Problems.shortened(name) + "' is " + count);
      }
    }
  }

  static LuthierException broken(Path path, String what) {
    return new LuthierException(
        path
            + " is not a whole importance matrix: "
            + what
            + ". Expected a file of luthier imatrix or llama-imatrix; make it again."
            + " See docs/imatrix.md#files");
  }

  /**
   * Writes the file, in the older format if its name ends in {@code .dat}, else as GGUF.
   *
   * @throws LuthierException if it cannot be written
   */
  public void write(Path path) {
    Path name = path.getFileName();
    if (name != null && name.toString().toLowerCase(Locale.ROOT).endsWith(DAT)) {
      ImportanceDat.write(this, path);
    } else {
      ImportanceGguf.write(this, path);
    }
  }

  /**
   * The mean squares by which the columns of each tensor are weighed, by its name in GGUF: expert
   * after expert where matrices are stacked. Where no token reached a matrix, its columns are
   * alike.
   */
  public SortedMap<String, float[]> means() {
    SortedMap<String, float[]> out = new TreeMap<>();
    entries.forEach((name, entry) -> out.put(name, entry.means()));
    return out;
  }
}
