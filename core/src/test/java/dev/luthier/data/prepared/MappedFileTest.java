package dev.luthier.data.prepared;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedFileTest {
  private static final Path STATUS = Path.of("/proc/self/status");

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  /** A file of zeros, with 7 as the last int32. */
  private Path sparse(long bytes) throws IOException {
    Path path = folder.resolve("file");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(bytes);
      file.seek(bytes - 4);
      file.write(7);
    }
    return path;
  }

  @Test
  void places_beyond_what_one_mapping_takes_are_read() throws IOException {
    long bytes = 5L << 30;
    MappedFile file = new MappedFile(sparse(bytes), bytes, 4, 3L << 28);
    assertThat(file.intAt(bytes - 4)).isEqualTo(7);
    assertThat(file.intsAt(bytes - 12, 3)).containsExactly(0, 0, 7);
    assertThat(file.intsAt((3L << 28) - 8, 4)).containsExactly(0, 0, 0, 0);
  }

  @Test
  void a_file_that_was_read_through_is_not_left_in_memory() throws IOException {
    assumeTrue(Files.isReadable(STATUS));
    long bytes = 400 << 20;
    MappedFile file = new MappedFile(sparse(bytes), bytes, 4, 3L << 25);
    long before = resident();
    for (long at = 0; at < bytes; at += 1 << 20) {
      file.intsAt(at, 1 << 18);
    }
    assertThat(resident() - before).isLessThan(100L << 20);
    assertThat(file.intAt(bytes - 4)).isEqualTo(7);
  }

  /** Resident pages of files, in bytes. */
  private static long resident() throws IOException {
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith("RssFile:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
        .findFirst()
        .orElseThrow();
  }
}
