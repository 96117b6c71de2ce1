package dev.luthier.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** A region of a file, read forwards through a small buffer. */
final class PickleInput {
  /** The longest text or byte string; tensors are not among these. */
  static final int LONGEST = 16 << 20;

  /** All texts and byte strings together. */
  private static final long MOST_TEXT = 64 << 20;

  private static final int LONGEST_LINE = 1000;

  private final FileChannel channel;
  private final long end;
  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 13).limit(0);
  private long next;
  private long text;

  /**
   * @param end one past the region's last byte
   */
  PickleInput(FileChannel channel, long from, long end) {
    this.channel = channel;
    this.next = from;
    this.end = end;
  }

  /** The next byte's place in the file. */
  long position() {
    return next - buffer.remaining();
  }

  /** The next byte, 0 to 255. */
  int read() throws IOException, PickleException {
    if (!buffer.hasRemaining()) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), end - next));
      int n = buffer.hasRemaining() ? channel.read(buffer, next) : -1;
      buffer.flip();
      if (n <= 0) {
        throw new PickleException("the data ends before the pickle does");
      }
      next += n;
    }
    return buffer.get() & 0xFF;
  }

  /** A little-endian number of up to 8 bytes; one of 8 bytes may come out negative. */
  long number(int bytes) throws IOException, PickleException {
    long out = 0;
    for (int i = 0; i < bytes; i++) {
      out |= (long) read() << (8 * i);
    }
    return out;
  }

  /** The next bytes; their number is checked before room is made for them. */
  byte[] bytes(long count) throws IOException, PickleException {
    if (count < 0 || count > end - position()) {
      throw new PickleException(
          "a string of "
              + Long.toUnsignedString(count)
              + " bytes where "
              + (end - position())
              + " are left");
    }
    text += count;
    if (count > LONGEST || text > MOST_TEXT) {
      throw new PickleException(
          "strings of more than "
              + LONGEST
              + " bytes, or of "
              + MOST_TEXT
              + " together, are refused");
    }
    byte[] out = new byte[(int) count];
    for (int at = 0; at < out.length; ) {
      out[at++] = (byte) read();
      int n = Math.min(out.length - at, buffer.remaining());
      buffer.get(out, at, n);
      at += n;
    }
    return out;
  }

  /** The next bytes as UTF-8. */
  String text(long count) throws IOException, PickleException {
    byte[] bytes = bytes(count);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new PickleException("a text that is not UTF-8");
    }
  }

  /** The characters before the next line feed, which is read too. */
  String line() throws IOException, PickleException {
    StringBuilder out = new StringBuilder();
    for (int c = read(); c != '\n'; c = read()) {
      if (out.length() == LONGEST_LINE) {
        throw new PickleException("a line of more than " + LONGEST_LINE + " characters");
      }
      out.append((char) c);
    }
    return out.toString();
  }
}
