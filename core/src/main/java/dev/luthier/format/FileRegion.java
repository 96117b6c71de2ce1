package dev.luthier.format;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Bytes of a file.
 *
 * @param offset the first one's place
 * @param length how many
 */
record FileRegion(long offset, long length) {
  /** The place behind the last one. */
  long end() {
    return offset + length;
  }

  /** Reads a few bytes. */
  static ByteBuffer read(FileChannel channel, long from, int length) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(length);
    while (out.hasRemaining()) {
      if (channel.read(out, from + out.position()) < 0) {
        throw new EOFException("it ends after " + (from + out.position()) + " bytes");
      }
    }
    return out.flip();
  }
}
