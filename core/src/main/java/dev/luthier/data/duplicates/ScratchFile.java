package dev.luthier.data.duplicates;

import dev.luthier.LuthierException;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Bytes that are appended once and read anywhere, in a file that is gone when it is closed.
 *
 * <p>Written and read, not mapped: a full disk is an error that can be told, where a mapped page
 * ends the process, and nothing counts as this process's memory but the two buffers.
 */
final class ScratchFile implements AutoCloseable {
  private static final int BUFFER = 1 << 20;

  private final Path path;
  private final FileChannel channel;
  private final ByteBuffer pending = ByteBuffer.allocateDirect(BUFFER);
  private ByteBuffer read = ByteBuffer.allocateDirect(BUFFER);
  private long written;

  ScratchFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Makes a file. It has no name once it is open, where the system allows that, so nothing is left
   * of it whatever happens.
   *
   * @param folder made if it is not there
   * @param name what the file holds
   * @throws LuthierException if the folder cannot be written to
   */
  static ScratchFile in(Path folder, String name) {
    try {
      Files.createDirectories(folder);
      Path path = Files.createTempFile(folder, name + "-", ".tmp");
      return new ScratchFile(
          path,
          FileChannel.open(
              path,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE));
    } catch (IOException e) {
      throw new LuthierException(
          folder
              + " cannot hold the scratch files of the search for duplicates: "
              + Reason.of(e)
              + ". Name a folder that can be written to",
          e);
    }
  }

  /** Bytes appended so far. */
  long size() {
    return written + pending.position();
  }

  /** Appends the rest of the bytes. */
  void append(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      if (!pending.hasRemaining()) {
        flush();
      }
      int n = Math.min(bytes.remaining(), pending.remaining());
      pending.put(pending.position(), bytes, bytes.position(), n);
      pending.position(pending.position() + n);
      bytes.position(bytes.position() + n);
    }
  }

  private void flush() {
    pending.flip();
    try {
      while (pending.hasRemaining()) {
        written += channel.write(pending, written);
      }
    } catch (IOException e) {
      throw new LuthierException(
          "The scratch file "
              + path
              + " cannot be written past its first "
              + written
              + " bytes: "
              + Reason.of(e)
              + ". Make room, or name a folder on another disk",
          e);
    }
    pending.clear();
  }

  /**
   * Reads bytes that have been appended.
   *
   * @return a buffer, good until the next call
   */
  ByteBuffer read(long position, int length) {
    if (pending.position() > 0) {
      flush();
    }
    if (read.capacity() < length) {
      read = ByteBuffer.allocateDirect(length);
    }
    read.clear().limit(length);
    try {
      while (read.hasRemaining()) {
        if (channel.read(read, position + read.position()) < 0) {
          throw new LuthierException(
              "The scratch file " + path + " was cut short by another process");
        }
      }
    } catch (IOException e) {
      throw new LuthierException(
          "The scratch file " + path + " cannot be read: " + Reason.of(e) + ". Start again", e);
    }
    return read.flip();
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new LuthierException(path + " cannot be closed: " + Reason.of(e), e);
    }
  }
}
