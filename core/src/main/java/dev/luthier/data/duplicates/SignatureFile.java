package dev.luthier.data.duplicates;

import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Each row's hash and shingles. One file has 28 bytes per row (hash 16, where its shingles start 8,
 * how many they are 4), the other the shingles, four bytes each.
 */
final class SignatureFile implements AutoCloseable {
  private static final int HASH = 16;
  private static final int ROW = HASH + Long.BYTES + Integer.BYTES;

  private final ScratchFile rows;
  private final ScratchFile shingles;
  private final ByteBuffer row = ByteBuffer.allocate(ROW);
  private ByteBuffer set = ByteBuffer.allocate(1 << 16);

  @SuppressWarnings("MustBeClosedChecker")
  SignatureFile(Path folder) {
    rows = ScratchFile.in(folder, "rows");
    try {
      shingles = ScratchFile.in(folder, "shingles");
    } catch (RuntimeException e) {
      rows.close();
      throw e;
    }
  }

  void append(Signature signature) {
    int[] hashes = signature.shingles();
    row.clear().putLong(signature.high()).putLong(signature.low());
    rows.append(row.putLong(shingles.size()).putInt(hashes.length).flip());
    if (set.capacity() < hashes.length * Integer.BYTES) {
      set = ByteBuffer.allocate(hashes.length * Integer.BYTES);
    }
    set.clear().limit(hashes.length * Integer.BYTES);
    set.asIntBuffer().put(hashes);
    shingles.append(set);
  }

  /** Whether two rows have equal hashes, and so equal normalised texts. */
  boolean sameText(int a, int b) {
    ByteBuffer entry = entry(a);
    long high = entry.getLong(0);
    long low = entry.getLong(Long.BYTES);
    entry = entry(b);
    return high == entry.getLong(0) && low == entry.getLong(Long.BYTES);
  }

  /** Reads the hashes of a row's shingles, ascending. */
  int[] shingles(int of) {
    ByteBuffer entry = entry(of);
    int[] hashes = new int[entry.getInt(HASH + Long.BYTES)];
    shingles.read(entry.getLong(HASH), hashes.length * Integer.BYTES).asIntBuffer().get(hashes);
    return hashes;
  }

  private ByteBuffer entry(int of) {
    return rows.read((long) of * ROW, ROW);
  }

  @Override
  public void close() {
    try {
      rows.close();
    } finally {
      shingles.close();
    }
  }
}
