package dev.luthier.format;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Reads the head of a GGUF file front to back; nothing longer than the rest of it is believed. */
final class GgufCursor {
  private static final int PIECE = 1 << 16;

  private final Path path;
  private final FileChannel channel;
  private final long size;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(PIECE).order(ByteOrder.LITTLE_ENDIAN).limit(0);
  private long read;

  GgufCursor(Path path, FileChannel channel) throws IOException {
    this.path = path;
    this.channel = channel;
    this.size = channel.size();
  }

  /** The next byte's place in the file. */
  long position() {
    return read - buffer.remaining();
  }

  /** Bytes from here to the end of the file. */
  long remaining() {
    return size - position();
  }

  long size() {
    return size;
  }

  byte int8(String what) throws IOException {
    return next(1, what).get();
  }

  short int16(String what) throws IOException {
    return next(2, what).getShort();
  }

  int int32(String what) throws IOException {
    return next(4, what).getInt();
  }

  long int64(String what) throws IOException {
    return next(8, what).getLong();
  }

  /**
   * A number of things to come.
   *
   * @param leastBytes what each of them takes at least
   */
  long count(String what, long leastBytes) throws IOException {
    long count = int64(what);
    if (count < 0 || count > remaining() / leastBytes) {
      throw GgufHeader.broken(
          path,
          what
              + " is "
              + Long.toUnsignedString(count)
              + ", more than the remaining "
              + remaining()
              + " bytes can hold");
    }
    return count;
  }

  /** Text of at most this many bytes. */
  String text(String what, int mostBytes) throws IOException {
    long length = count("the length of " + what, 1);
    if (length > mostBytes) {
      throw GgufHeader.broken(path, what + " has " + length + " bytes, more than " + mostBytes);
    }
    byte[] bytes = new byte[(int) length];
    for (int at = 0; at < bytes.length; ) {
      int n = Math.min(PIECE, bytes.length - at);
      next(n, what).get(bytes, at, n);
      at += n;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw GgufHeader.broken(path, what + " is not UTF-8");
    }
  }

  private ByteBuffer next(int bytes, String what) throws IOException {
    if (buffer.remaining() < bytes) {
      buffer.compact();
      while (buffer.position() < bytes) {
        int n = channel.read(buffer, read);
        if (n < 0) {
          throw GgufHeader.broken(path, "it ends after " + size + " bytes, in " + what);
        }
        read += n;
      }
      buffer.flip();
    }
    return buffer;
  }

  /** An error of reading, in words. */
  static LuthierException unreadable(Path path, IOException e) {
    return new LuthierException(path + " cannot be read: " + Reason.of(e), e);
  }
}
