package dev.luthier.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskTest {
  @TempDir private Path temp = Path.of("");

  @Test
  void a_file_that_ends_within_a_block_is_read_past_the_memory_of_the_system() throws IOException {
    Path file = temp.resolve("weights");
    Files.write(file, new byte[(17 << 20) + 5]);
    long before = Disk.bytesRead();
    var speed = Disk.speed(file);
    Assumptions.assumeTrue(speed.isPresent(), "no direct reading here");
    assertThat(speed.getAsDouble()).isPositive();
    Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/io")));
    assertThat(Disk.bytesRead() - before).isGreaterThanOrEqualTo(17 << 20);
  }

  @Test
  void what_cannot_be_read_has_no_speed() throws IOException {
    Path empty = Files.createFile(temp.resolve("empty"));
    assertThat(Disk.speed(empty)).isEmpty();
    assertThat(Disk.speed(temp.resolve("none"))).isEmpty();
  }
}
