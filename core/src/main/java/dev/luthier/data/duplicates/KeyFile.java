package dev.luthier.data.duplicates;

import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A table of 32-bit keys, written by row and read by column. Blocks of {@value #BLOCK} rows stand
 * one after another, column by column, so that reading a column skips the others.
 */
final class KeyFile implements AutoCloseable {
  /** Rows in a block. */
  static final int BLOCK = 4096;

  private final int columns;
  private final ScratchFile file;
  private final ByteBuffer block;
  private int rows;

  KeyFile(Path folder, int columns) {
    this.columns = columns;
    this.block = ByteBuffer.allocate(columns * BLOCK * Integer.BYTES);
    this.file = ScratchFile.in(folder, "keys");
  }

  int columns() {
    return columns;
  }

  int rows() {
    return rows;
  }

  /**
   * Appends a row.
   *
   * @param first the first column's key
   * @param others those of the other columns
   */
  void append(int first, int[] others) {
    int at = rows % BLOCK;
    put(0, at, first);
    for (int column = 1; column < columns; column++) {
      put(column, at, others[column - 1]);
    }
    rows++;
    if (at == BLOCK - 1) {
      file.append(block.rewind());
    }
  }

  private void put(int column, int at, int key) {
    block.putInt((column * BLOCK + at) * Integer.BYTES, key);
  }

  /** Reads a column's keys of a block; past the last row they mean nothing. */
  void read(int column, int number, int[] into) {
    if (number == rows / BLOCK) {
      block.slice(column * BLOCK * Integer.BYTES, BLOCK * Integer.BYTES).asIntBuffer().get(into);
    } else {
      long start = ((long) number * columns + column) * BLOCK * Integer.BYTES;
      file.read(start, BLOCK * Integer.BYTES).asIntBuffer().get(into);
    }
  }

  @Override
  public void close() {
    file.close();
  }
}
