package dev.luthier.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A lock file, held by one thread of one process of ours at a time.
 *
 * <p>Python's locks on the same file are of another kind on Linux (flock) and do not exclude ours;
 * so a blob is written under a name of our own and renamed, which is right whoever else does the
 * same.
 */
final class FileGuard implements AutoCloseable {
  private static final long POLL_MILLIS = 50;

  /** File locks exclude processes, not threads. */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private FileGuard(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Waits for the lock. */
  static FileGuard hold(Path path) throws IOException {
    Path file = path.toAbsolutePath().normalize();
    while (!HELD.add(file)) {
      pause();
    }
    try {
      Files.createDirectories(file.getParent());
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      while (lock(channel) == null) {
        pause();
      }
      return new FileGuard(file, channel);
    } catch (IOException e) {
      HELD.remove(file);
      throw e;
    }
  }

  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    return channel.tryLock();
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while another process downloads the same file", e);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      HELD.remove(file);
    }
  }
}
