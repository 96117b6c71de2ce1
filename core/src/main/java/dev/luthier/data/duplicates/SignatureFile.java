package dev.luthier.data.duplicates;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Each row's hash and shingles: 16 bytes a row in one file, and four a shingle in the other. How
 * many shingles each row has is on the heap, so that finding them takes no reading.
 */
final class SignatureFile implements AutoCloseable {
  private static final int HASH = 2 * Long.BYTES;

  /** Rows of which only the first one's start is known; the others' are sums. */
  private static final int STRIDE = 16;

  private final ScratchFile hashes;
  private final ScratchFile shingles;
  private final ByteBuffer hash = ByteBuffer.allocate(HASH);
  private ByteBuffer set = ByteBuffer.allocate(1 << 16);
  private int[] sizes = new int[1 << 10];
  private long[] starts = new long[sizes.length / STRIDE];
  private int rows;

  @SuppressWarnings("MustBeClosedChecker")
  SignatureFile(Path folder) {
    hashes = ScratchFile.in(folder, "hashes");
    try {
      shingles = ScratchFile.in(folder, "shingles");
    } catch (RuntimeException e) {
      hashes.close();
      throw e;
    }
  }

  void append(Signature signature) {
    int[] distinct = signature.shingles();
    if (rows == sizes.length) {
      sizes = Arrays.copyOf(sizes, (int) Math.min(2L * rows, DuplicateFinder.MOST_ROWS));
      starts = Arrays.copyOf(starts, sizes.length / STRIDE + 1);
    }
    if (rows % STRIDE == 0) {
      starts[rows / STRIDE] = shingles.size();
    }
    sizes[rows++] = distinct.length;
    hashes.append(hash.clear().putLong(signature.high()).putLong(signature.low()).flip());
    if (set.capacity() < distinct.length * Integer.BYTES) {
      set = ByteBuffer.allocate(distinct.length * Integer.BYTES);
    }
    set.clear().limit(distinct.length * Integer.BYTES);
    set.asIntBuffer().put(distinct);
    shingles.append(set);
  }

  /** Whether two rows have equal hashes, and so equal normalised texts. */
  boolean sameText(int a, int b) {
    ByteBuffer read = hashes.read((long) a * HASH, HASH);
    long high = read.getLong(0);
    long low = read.getLong(Long.BYTES);
    read = hashes.read((long) b * HASH, HASH);
    return high == read.getLong(0) && low == read.getLong(Long.BYTES);
  }

  /** Whether two rows' sets differ so much in size that they cannot be this similar. */
  boolean unlike(double threshold, int a, int b) {
    return Math.min(sizes[a], sizes[b]) < threshold * Math.max(sizes[a], sizes[b]) - 1;
  }

  /** Reads the hashes of a row's shingles, ascending. */
  int[] shingles(int row) {
    long start = starts[row / STRIDE];
    for (int before = row - row % STRIDE; before < row; before++) {
      start += (long) sizes[before] * Integer.BYTES;
    }
    int[] distinct = new int[sizes[row]];
    shingles.read(start, distinct.length * Integer.BYTES).asIntBuffer().get(distinct);
    return distinct;
  }

  @Override
  public void close() {
    try {
      hashes.close();
    } finally {
      shingles.close();
    }
  }
}
