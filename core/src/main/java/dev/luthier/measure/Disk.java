package dev.luthier.measure;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalDouble;

/** What the disk gives. */
public final class Disk {
  private static final Path IO = Path.of("/proc/self/io");
  private static final String READ = "read_bytes: ";
  private static final int REQUEST = 8 << 20;
  private static final long ENOUGH = 1L << 30;

  private Disk() {}

  /**
   * Bytes that this process made the disk read so far; what the operating system had in memory is
   * not among them. 0 where it does not tell (proc(5), {@code /proc/self/io}).
   */
  static long bytesRead() {
    try {
      return Files.readAllLines(IO).stream()
          .filter(line -> line.startsWith(READ))
          .mapToLong(line -> Long.parseLong(line.substring(READ.length())))
          .sum();
    } catch (IOException e) {
      return 0;
    }
  }

  /**
   * Bytes per second when a file is read from its start in large requests, past what the operating
   * system has of it in memory; of a large file its first GiB.
   *
   * @return empty where the file system has no such way of reading, or the file is empty
   */
  public static OptionalDouble speed(Path file) {
    long start = System.nanoTime();
    long bytes = 0;
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, ExtendedOpenOption.DIRECT)) {
      int block = Math.toIntExact(Files.getFileStore(file).getBlockSize());
      ByteBuffer buffer = ByteBuffer.allocateDirect(REQUEST + block).alignedSlice(block);
      buffer.limit(REQUEST);
      for (int n = channel.read(buffer);
          n > 0 && bytes + n < ENOUGH;
          n = channel.read(buffer.rewind())) {
        bytes += n;
        if (n < REQUEST) {
          break; // the end, where the position no longer lies on a block
        }
      }
    } catch (IOException | UnsupportedOperationException e) {
      return OptionalDouble.empty();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return bytes == 0 ? OptionalDouble.empty() : OptionalDouble.of(bytes / seconds);
  }
}
