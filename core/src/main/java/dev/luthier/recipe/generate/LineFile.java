package dev.luthier.recipe.generate;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** A file of lines that grows at its end, written by one process at a time. */
final class LineFile implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;

  private LineFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Opens a file, or makes it.
   *
   * @throws LuthierException when it cannot be written
   */
  static LineFile open(Path path) {
    try {
      return new LineFile(
          path,
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
    } catch (NoSuchFileException e) {
      throw new LuthierException(path + " cannot be written: its folder does not exist", e);
    } catch (IOException e) {
      throw new LuthierException(path + " cannot be written: " + e, e);
    }
  }

  /**
   * Keeps other processes from doing the same until it is closed.
   *
   * @throws LuthierException when another has done so
   */
  void lock() {
    if (!isLocked()) {
      close();
      throw new LuthierException(
          path + " is being written by another run: wait for it, or choose another --output");
    }
  }

  private boolean isLocked() {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  Path path() {
    return path;
  }

  /** Bytes. */
  long length() {
    try {
      return channel.size();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** All whole lines; what follows the last of them is cut off. */
  List<String> lines() {
    String text = from(0);
    int end = text.lastIndexOf('\n') + 1;
    truncate(text.substring(0, end).getBytes(StandardCharsets.UTF_8).length);
    return text.substring(0, end).lines().toList();
  }

  /** Whole lines from a byte on; the file stays as it is. */
  List<String> linesFrom(long start) {
    String text = from(start);
    return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
  }

  private String from(long start) {
    try {
      ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(channel.size() - start));
      while (bytes.hasRemaining() && channel.read(bytes, start + bytes.position()) >= 0) {
        // Reads until all is there.
      }
      return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Cuts the file off. */
  void truncate(long length) {
    try {
      if (channel.size() > length) {
        channel.truncate(length);
        channel.force(true);
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Writes lines at the end and waits until the disk has them. */
  void append(List<String> lines) {
    if (lines.isEmpty()) {
      return;
    }
    try {
      ByteBuffer bytes =
          ByteBuffer.wrap((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
      channel.position(channel.size());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private LuthierException failed(IOException e) {
    return new LuthierException(
        path + " cannot be written: " + e + ". What is whole stays; the same command goes on.", e);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw failed(e);
    }
  }
}
