package dev.luthier.recipe.generate;

import dev.luthier.LuthierException;
import dev.luthier.format.Reason;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Consumer;

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
      throw new LuthierException(path + " cannot be written: " + Reason.of(e), e);
    }
  }

  /**
   * Keeps other processes from doing the same until it is closed.
   *
   * @throws LuthierException when another has done so
   */
  void lock() {
    if (!isLocked()) {
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

  /** Cuts off what follows the last whole line. */
  void endWithLine() {
    long end = length();
    while (end > 0 && !endsLine(end)) {
      end--;
    }
    truncate(end);
  }

  private boolean endsLine(long end) {
    try {
      ByteBuffer last = ByteBuffer.allocate(1);
      return channel.read(last, end - 1) == 1 && last.get(0) == '\n';
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Hands over the whole lines from a byte on, one after the other. */
  void lines(long start, Consumer<String> to) {
    try {
      channel.position(start);
      // Closing it would close the file.
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
      String line = in.readLine();
      while (line != null) {
        String next = in.readLine();
        if (next != null || endsLine(length())) {
          to.accept(line);
        }
        line = next;
      }
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

  /** Writes lines at the end, all or none of them, and waits until the disk has them. */
  void append(List<String> lines) {
    if (lines.isEmpty()) {
      return;
    }
    long before = length();
    try {
      ByteBuffer bytes =
          ByteBuffer.wrap((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
      channel.position(before);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    } catch (IOException e) {
      // What comes after a line that is not whole could not be read.
      truncate(before);
      throw failed(e);
    }
  }

  private LuthierException failed(IOException e) {
    return new LuthierException(
        path + ": " + Reason.of(e) + ". What is whole stays; the same command goes on.", e);
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
