package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that other engines wrote. */
@Tag("interop")
class SafetensorsInteropTest {
  private static final Path ASSETS = Path.of(System.getProperty("luthier.assets", ""));

  static List<Path> files() throws IOException {
    return named(".safetensors");
  }

  static List<Path> configurations() throws IOException {
    return named("config.json");
  }

  private static List<Path> named(String suffix) throws IOException {
    try (Stream<Path> all = Files.walk(ASSETS)) {
      return all.filter(p -> p.toString().endsWith(suffix))
          .map(ASSETS::relativize)
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void what_is_read_and_written_is_the_same_file(Path name, @TempDir Path folder)
      throws IOException {
    SafetensorsFile file = SafetensorsFile.open(ASSETS.resolve(name));
    assertThat(file.tensors()).isNotEmpty();
    Path copy = folder.resolve("model.safetensors");
    SafetensorsWriter.write(copy, entries(file), file.metadata());

    SafetensorsFile read = SafetensorsFile.open(copy);
    assertThat(TestTensors.contents(List.of(read))).isEqualTo(TestTensors.contents(List.of(file)));
    assertThat(read.metadata()).isEqualTo(file.metadata());
    assertThat(read.aliases()).isEqualTo(file.aliases());
    boolean reference = !name.toString().endsWith("adapters.safetensors");
    if (reference && file.metadata().size() < 2) {
      // The reference implementation's order of several metadata keys is random.
      assertThat(Files.mismatch(file.path(), copy)).isEqualTo(-1);
    }
  }

  private static List<SafetensorsWriter.Entry> entries(SafetensorsFile file) {
    return file.tensors().values().stream()
        .map(
            t ->
                new SafetensorsWriter.Entry(
                    t.name(),
                    t.dtype(),
                    t.shape(),
                    out ->
                        SafetensorsWriter.writeFully(
                            out, ByteBuffer.wrap(TestTensors.read(file, t)))))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("configurations")
  void a_configuration_is_written_with_the_same_values(Path name) {
    var json = Json.read(ASSETS.resolve(name));
    assertThat(Json.parse(Json.pretty(json), "copy")).isEqualTo(json);
  }

  @ParameterizedTest
  @MethodSource("configurations")
  void every_folder_with_a_configuration_can_be_inspected(Path name) {
    Path folder = ASSETS.resolve(name).toAbsolutePath().getParent();
    if (folder != null && HfFolder.kind(folder) != HfFolder.Kind.OTHER_FOLDER) {
      assertThat(Inspection.of(folder).toText()).isNotEmpty();
      assertThat(GenerationConfig.read(folder).file()).isNotNull();
    }
  }
}
