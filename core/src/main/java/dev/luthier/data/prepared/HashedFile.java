package dev.luthier.data.prepared;

import dev.luthier.format.Hashes;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/** A file that is written from start to end; its size and SHA-256 are known when it is closed. */
final class HashedFile implements AutoCloseable {
  private final MessageDigest digest = Hashes.digest();
  private final OutputStream out;
  private long bytes;

  HashedFile(Path path) throws IOException {
    out =
        new BufferedOutputStream(
            new DigestOutputStream(
                Files.newOutputStream(path, StandardOpenOption.CREATE_NEW), digest),
            1 << 18);
  }

  /** A little-endian buffer for {@link #write(ByteBuffer)}. */
  static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  void write(byte[] data) throws IOException {
    out.write(data);
    bytes += data.length;
  }

  void write(int value) throws IOException {
    out.write(value);
    bytes++;
  }

  /** All that the buffer holds, written or not. */
  void write(ByteBuffer buffer) throws IOException {
    write(buffer.array());
  }

  void writeInts(int... values) throws IOException {
    ByteBuffer buffer = buffer(Math.multiplyExact(4, values.length));
    buffer.asIntBuffer().put(values);
    write(buffer);
  }

  long bytes() {
    return bytes;
  }

  /** Closes the file. */
  Manifest.FileEntry finish() throws IOException {
    out.close();
    return new Manifest.FileEntry(bytes, HexFormat.of().formatHex(digest.digest()));
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
