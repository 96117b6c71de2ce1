package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChecksumsTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @BeforeEach
  void write() throws IOException {
    Files.write(folder.resolve("zeros"), new byte[32]);
    Files.writeString(folder.resolve("digits"), "123456789");
    Files.createFile(folder.resolve("empty"));
    Checksums.write(folder);
  }

  @Test
  void sums_are_those_of_the_published_examples() {
    // RFC 3720, B.4: 32 bytes of zeros; the digits are the check value of every CRC catalogue.
    var json = Json.read(folder.resolve(Checksums.FILE));
    assertThat(json.path("zeros").path("crc32c").asText()).isEqualTo("8a9136aa");
    assertThat(json.path("digits").path("crc32c").asText()).isEqualTo("e3069283");
    assertThat(json.path("empty").path("crc32c").asText()).isEqualTo("00000000");
    assertThat(json.path("digits").path("bytes").asLong()).isEqualTo(9);
    assertThat(Checksums.damage(folder)).isEmpty();
  }

  @Test
  void every_single_bit_of_every_file_is_watched() throws IOException {
    for (String name : List.of("zeros", "digits", Checksums.FILE)) {
      Path file = folder.resolve(name);
      byte[] bytes = Files.readAllBytes(file);
      for (int bit = 0; bit < 8 * bytes.length; bit++) {
        bytes[bit / 8] ^= (byte) (1 << bit % 8);
        Files.write(file, bytes);
        assertThat(Checksums.damage(folder)).as("%s, bit %d", name, bit).isNotEmpty();
        bytes[bit / 8] ^= (byte) (1 << bit % 8);
      }
      Files.write(file, bytes);
      assertThat(Checksums.damage(folder)).isEmpty();
    }
  }

  @Test
  void a_file_that_came_since_does_not_matter() throws IOException {
    Files.writeString(folder.resolve(".DS_Store"), "x");
    assertThat(Checksums.damage(folder)).isEmpty();
  }

  @Test
  void damage_names_the_file_what_was_written_and_what_is_there() throws IOException {
    Files.writeString(folder.resolve("digits"), "123456780");
    Files.write(folder.resolve("zeros"), new byte[31]);
    Files.delete(folder.resolve("empty"));
    assertThat(Checksums.damage(folder))
        .satisfiesExactly(
            digits ->
                assertThat(digits).matches("digits has CRC32C [0-9a-f]{8}, was written .*e3069283"),
            empty -> assertThat(empty).isEqualTo("empty is missing"),
            zeros -> assertThat(zeros).isEqualTo("zeros has 31 bytes, was written with 32"));
    Files.delete(folder.resolve(Checksums.FILE));
    assertThat(Checksums.damage(folder)).containsExactly("checksums.json is missing");
  }
}
