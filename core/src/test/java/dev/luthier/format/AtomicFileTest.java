package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @Test
  void a_full_disk_leaves_the_old_file_and_nothing_else() throws IOException {
    Path file = folder.resolve("model.safetensors");
    AtomicFile.writeText(file, "old");

    SafetensorsWriter.Entry half =
        new SafetensorsWriter.Entry(
            "w",
            DType.U8,
            List.of(100L),
            channel -> {
              channel.write(ByteBuffer.allocate(50));
              throw new IOException("No space left on device");
            });
    assertThatThrownBy(() -> SafetensorsWriter.write(file, List.of(half), Map.of()))
        .isInstanceOf(LuthierException.class)
        .hasMessageContainingAll(
            file.toString(), "No space left on device", "What stood there before is unchanged");

    assertThat(file).hasContent("old");
    assertThat(SafetensorsIndex.names(folder)).containsExactly("model.safetensors");
  }

  @Test
  void a_bug_in_the_writer_leaves_the_old_file_and_nothing_else() {
    Path file = folder.resolve("a.json");
    AtomicFile.writeText(file, "old");
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    file,
                    channel -> {
                      throw new IllegalStateException("bug");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(file).hasContent("old");
    assertThat(SafetensorsIndex.names(folder)).containsExactly("a.json");
  }

  @Test
  void a_tensor_that_writes_too_few_bytes_is_refused() {
    SafetensorsWriter.Entry wrong =
        new SafetensorsWriter.Entry("w", DType.U8, List.of(100L), channel -> {});
    Path file = folder.resolve("model.safetensors");
    assertThatThrownBy(() -> SafetensorsWriter.write(file, List.of(wrong), Map.of()))
        .hasMessageContaining("tensor w wrote a wrong number of bytes");
    assertThat(file).doesNotExist();
  }

  @Test
  void a_name_that_occurs_twice_is_refused_before_anything_is_written() {
    SafetensorsWriter.Entry entry = TestTensors.entry("w", DType.U8, 1);
    assertThatThrownBy(
            () -> SafetensorsWriter.write(folder.resolve("x"), List.of(entry, entry), Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'w'");
    assertThat(SafetensorsIndex.names(folder)).isEmpty();
  }

  @Test
  void a_folder_that_fails_half_way_leaves_the_old_one() throws IOException {
    Path target = folder.resolve("step-1");
    AtomicFile.writeFolder(target, f -> Files.writeString(f.resolve("a"), "old"));
    assertThatThrownBy(
            () ->
                AtomicFile.writeFolder(
                    target,
                    f -> {
                      Files.writeString(f.resolve("a"), "new");
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(LuthierException.class);
    assertThat(target.resolve("a")).hasContent("old");
    assertThat(SafetensorsIndex.names(folder)).containsExactly("step-1");
  }

  @Test
  void a_file_that_fails_in_a_new_folder_is_named_where_it_would_have_stood() {
    Path target = folder.resolve("step-1");
    assertThatThrownBy(
            () ->
                AtomicFile.writeFolder(
                    target,
                    f ->
                        AtomicFile.write(
                            f.resolve("a"),
                            channel -> {
                              throw new IOException("No space left on device");
                            })))
        .isInstanceOf(LuthierException.class)
        .hasMessageStartingWith(target.resolve("a") + " cannot be written: No space left");
    assertThat(SafetensorsIndex.names(folder)).isEmpty();
  }

  @Test
  void a_folder_replaces_the_old_one_whole() {
    Path target = folder.resolve("step-1");
    AtomicFile.writeFolder(target, f -> Files.writeString(f.resolve("a"), "old"));
    AtomicFile.writeFolder(
        target,
        f -> {
          Files.createDirectories(f.resolve("sub"));
          Path readOnly = Files.writeString(f.resolve("sub").resolve("b"), "new");
          assertThat(readOnly.toFile().setReadOnly()).isTrue();
        });
    assertThat(target.resolve("sub").resolve("b")).hasContent("new");
    assertThat(SafetensorsIndex.names(target)).containsExactly("sub");
    assertThat(SafetensorsIndex.names(folder)).containsExactly("step-1");
  }

  @Test
  void a_missing_folder_is_named_as_the_reason() {
    assertThatThrownBy(() -> AtomicFile.writeText(folder.resolve("no/such/file"), "x"))
        .hasMessageContaining("its folder does not exist");
  }
}
