package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporaryTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  @Test
  void a_full_disk_is_told_with_the_bytes_that_are_needed() {
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    folder.resolve("a.bin"),
                    1L << 60,
                    channel -> {
                      throw new IOException("No space left on device");
                    }))
        .hasMessageContainingAll(
            "No space left on device", "needs 1,152,921,504,606,846,976 bytes", "free");
  }

  @Test
  void a_file_appears_only_when_it_is_whole() {
    Path file = folder.resolve("a.txt");
    AtomicFile.write(
        file,
        channel -> {
          channel.write(ByteBuffer.wrap(new byte[10]));
          assertThat(file).doesNotExist();
        });
    assertThat(file).hasSize(10);
  }

  @Test
  void what_a_killed_process_left_is_removed_by_the_next_write() throws IOException {
    // No process has this number: Linux ends at 2^22, others at 2^31.
    Path file = folder.resolve(".model.safetensors.luthier-99999999999-1.tmp");
    Files.writeString(file, "part");
    Path left = folder.resolve(".step-7.luthier-99999999999-2.tmp");
    Files.createDirectories(left.resolve("sub"));
    Files.writeString(left.resolve("sub/part"), "part");
    // A killed process that had our own number.
    Files.writeString(
        folder.resolve(".b.luthier-" + ProcessHandle.current().pid() + "-999999.tmp"), "part");
    Files.writeString(folder.resolve(".not-ours.tmp"), "mine");

    AtomicFile.writeText(folder.resolve("a.txt"), "text");

    assertThat(names(folder)).containsExactly(".not-ours.tmp", "a.txt");
  }

  @Test
  void what_is_being_written_beside_is_left_alone() throws IOException {
    Path outer = folder.resolve("outer");
    AtomicFile.writeFolder(
        outer,
        f -> {
          AtomicFile.writeText(folder.resolve("a.txt"), "beside");
          AtomicFile.writeText(f.resolve("b.txt"), "within");
        });
    assertThat(names(folder)).containsExactly("a.txt", "outer");
    assertThat(names(outer)).containsExactly("b.txt");
  }

  @Test
  void a_folder_whose_replacement_never_came_is_put_back() throws IOException {
    Path old = folder.resolve(".step-1.luthier-99999999999-1.old");
    Files.createDirectories(old);
    Files.writeString(old.resolve("a"), "old");

    AtomicFile.cleanUp(folder);

    assertThat(names(folder)).containsExactly("step-1");
    assertThat(Files.readString(folder.resolve("step-1/a"))).isEqualTo("old");
  }

  @Test
  void deleting_a_folder_takes_all_of_it_and_does_not_follow_links() throws IOException {
    Path kept = Files.writeString(folder.resolve("kept"), "kept");
    Path target = folder.resolve("step-1");
    Files.createDirectories(target.resolve("sub"));
    Files.createSymbolicLink(target.resolve("sub/link"), kept);

    AtomicFile.deleteTree(target);
    AtomicFile.deleteTree(target);

    assertThat(names(folder)).containsExactly("kept");
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> children = Files.list(folder)) {
      return children.map(c -> String.valueOf(c.getFileName())).sorted().toList();
    }
  }
}
