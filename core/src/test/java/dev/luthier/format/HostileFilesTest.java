package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever a file holds, reading it ends with a value or with an error that names the file. */
class HostileFilesTest {
  private static final int TRIES = 300;

  private static final byte[] GOOD = goodFile();
  private static final String INDEX =
      "{\"metadata\": {\"total_size\": 59}, \"weight_map\": {\"embed\": \"one.safetensors\","
          + " \"norm\": \"one.safetensors\", \"mask\": \"one.safetensors\"}}";

  private static byte[] goodFile() {
    return inFile(
        path -> {
          SafetensorsWriter.write(
              path,
              List.of(
                  TestTensors.entry("embed", DType.F32, 4, 3),
                  TestTensors.entry("norm", DType.BF16, 3),
                  TestTensors.entry("mask", DType.BOOL, 5)),
              Map.of("format", "pt", "tied", "embed"));
          return Files.readAllBytes(path);
        });
  }

  private interface Body<T> {
    T apply(Path path) throws IOException;
  }

  private static <T> T inFile(Body<T> body) {
    try {
      Path folder = Files.createTempDirectory("luthier");
      try {
        return body.apply(folder.resolve("model.safetensors"));
      } finally {
        AtomicFile.deleteTree(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** True if it reads, false if it is refused as it should be; anything else fails the test. */
  private static boolean reads(byte[] bytes, Consumer<Path> reader) {
    return inFile(
        path -> {
          Files.write(path, bytes);
          try {
            reader.accept(path);
            return true;
          } catch (LuthierException e) {
            assertThat(e).hasMessageContaining(path.toString());
            assertThat(String.valueOf(e.getMessage()).length()).isLessThan(2000);
            return false;
          }
        });
  }

  private static void refused(String header, long data, String... message) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate((int) (8 + json.length + data)).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(json.length).put(json);
    inFile(
        path -> {
          Files.write(path, file.array());
          assertThatThrownBy(() -> SafetensorsFile.open(path))
              .isInstanceOf(LuthierException.class)
              .hasMessageContaining(path.toString())
              .hasMessageContainingAll(message);
          return path;
        });
  }

  @Property(tries = TRIES)
  void a_file_cut_anywhere_is_refused(@ForAll @IntRange(max = 1 << 16) int cut) {
    assertThat(reads(Arrays.copyOf(GOOD, cut % GOOD.length), SafetensorsFile::open)).isFalse();
  }

  @Property(tries = TRIES)
  void bytes_added_at_the_end_are_refused(@ForAll @Size(min = 1, max = 40) byte[] more) {
    byte[] bytes = Arrays.copyOf(GOOD, GOOD.length + more.length);
    System.arraycopy(more, 0, bytes, GOOD.length, more.length);
    assertThat(reads(bytes, SafetensorsFile::open)).isFalse();
  }

  @Property(tries = 2 * TRIES)
  void a_header_with_other_bytes_reads_within_its_file_or_is_refused(
      @ForAll @IntRange(max = 1 << 16) int at, @ForAll byte value) {
    byte[] bytes = GOOD.clone();
    bytes[at % (bytes.length - 59)] = value;
    reads(
        bytes,
        path -> {
          SafetensorsFile file = SafetensorsFile.open(path);
          for (TensorInfo t : file.tensors().values()) {
            assertThat(t.offset() + t.length()).isLessThanOrEqualTo(bytes.length);
            assertThat(t.shape().stream().reduce(1L, (a, b) -> a * b)).isEqualTo(t.elements());
          }
        });
  }

  @Property(tries = TRIES)
  void any_bytes_are_an_error_that_names_the_file(@ForAll @Size(max = 200) byte[] bytes) {
    reads(bytes, SafetensorsFile::open);
    reads(bytes, Json::read);
  }

  @Property(tries = TRIES)
  void any_text_as_header_is_refused(@ForAll String text) {
    byte[] json = ("{" + text).getBytes(StandardCharsets.UTF_8);
    byte[] bytes = Arrays.copyOf(GOOD, 8 + json.length);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json);
    reads(bytes, SafetensorsFile::open);
    reads(json, Json::read);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},"
            + "'b':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}} | 12 | overlap",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}} | 12 | hole of 4 bytes",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 12 | 4 bytes at its end",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 4 | stand at [0, 8)",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}} | 8 | stand at [8, 0)",
        "{'a':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}} | 8 | takes 12 bytes",
        "{'a':{'dtype':'F31','shape':[2],'data_offsets':[0,8]}} | 8 | dtype is F31",
        "{'a':{'dtype':'F8_E8M0','shape':[8],'data_offsets':[0,8]}} | 8 | not supported",
        "{'a':{'dtype':7,'shape':[2],'data_offsets':[0,8]}} | 8 | dtype is not a text",
        "{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}} | 8 | whole number of 0",
        "{'a':{'dtype':'F32','shape':[2.0],'data_offsets':[0,8]}} | 8 | whole number of 0",
        "{'a':{'dtype':'F32','shape':[2e0],'data_offsets':[0,8]}} | 8 | whole number of 0",
        "{'a':{'dtype':'F32','shape':[true],'data_offsets':[0,8]}} | 8 | whole number of 0",
        "{'a':{'dtype':'F32','shape':['2'],'data_offsets':[0,8]}} | 8 | whole number of 0",
        "{'a':{'dtype':'F32','shape':2,'data_offsets':[0,8]}} | 8 | shape is not a list",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0]}} | 8 | not two numbers",
        "{'a':{'dtype':'F32','shape':[2]}} | 8 | lacks dtype",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8],'x':1}} | 8 | unknown key 'x'",
        "{'a':{'dtype':'F32','shape':[2],'shape':[2],'data_offsets':[0,8]}} | 8 | Duplicate",
        "{'a':{'dtype':'U8','shape':[0],'data_offsets':[0,0]},"
            + "'a':{'dtype':'U8','shape':[0],'data_offsets':[0,0]}} | 0 | Duplicate",
        "{'a':{'dtype':'F32','shape':[4294967296,4294967296,4294967296],"
            + "'data_offsets':[0,8]}} | 8 | larger than any file",
        "{'a':{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,8]}} | 8 | whole",
        "{'a':{'dtype':'F32','shape':[9999999999999999999999],'data_offsets':[0,8]}} | 8 | length",
        "{'a':{'dtype':'U8','shape':[8],'data_offsets':[0,9223372036854775807]}} | 8 | stand at",
        "{'a':7} | 0 | not an object",
        "{'__metadata__':{'a':7}} | 0 | __metadata__.a': it is not a text",
        "{'__metadata__':{'a':{}}} | 0 | not a text",
        "{} x | 0 | not JSON",
        "{}{} | 0 | goes on",
        "[1] | 0 | does not begin with",
        " {} | 0 | does not begin with",
      })
  void a_header_that_does_not_fit_is_refused_with_the_reason(
      String header, long data, String message) {
    refused(header.equals("{}") ? " {}" : header.replace('\'', '"'), data, unquoted(message));
  }

  private static String unquoted(String message) {
    return message.strip();
  }

  @Test
  void a_header_length_that_the_file_cannot_hold_costs_no_memory() {
    for (long length :
        new long[] {0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 40, 99_999_999}) {
      byte[] bytes = GOOD.clone();
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
      assertThat(reads(bytes, SafetensorsFile::open)).isFalse();
    }
  }

  @Test
  void a_million_levels_are_refused_at_the_first_few() {
    refused("{\"a\":{\"shape\":" + "[".repeat(1_000_000), 0, "holds something");
    refused("{\"__metadata__\":" + "{\"a\":".repeat(1_000_000), 0, "not a text");
    refused("{\"a\":".repeat(1_000_000), 0, "unknown key 'a'");
    byte[] json = "{\"a\":".repeat(1_000_000).getBytes(StandardCharsets.UTF_8);
    assertThat(reads(json, Json::read)).isFalse();
    assertThat(reads("[".repeat(1_000_000).getBytes(StandardCharsets.UTF_8), Json::read)).isFalse();
  }

  @Test
  void a_name_of_a_megabyte_is_refused_or_shortened_in_the_error() {
    String name = "n".repeat(1_000_000);
    refused("{\"" + name + "\":7}", 0, "not a whole safetensors file");
    String json = "{\"" + name + "\":1}";
    assertThat(reads(json.getBytes(StandardCharsets.UTF_8), Json::read)).isFalse();
  }

  @Test
  void characters_that_steer_a_terminal_do_not_reach_the_error() {
    byte[] bytes = GOOD.clone();
    byte[] json = "{\"\\u001b[2Jx\\n\\u009b\":7}".getBytes(StandardCharsets.UTF_8);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json);
    inFile(
        path -> {
          Files.write(path, bytes);
          assertThatThrownBy(() -> SafetensorsFile.open(path))
              .hasMessageContaining("tensor '?[2Jx??': its entry is not an object");
          return path;
        });
  }

  @Test
  void many_small_values_are_refused_before_they_fill_the_memory() {
    byte[] json = ("{\"a\":[" + "[],".repeat(5_000_000) + "1]}").getBytes(StandardCharsets.UTF_8);
    assertThat(reads(json, Json::read)).isFalse();
  }

  @Test
  void a_header_that_is_not_utf_8_is_refused() {
    byte[] bytes = GOOD.clone();
    bytes[12] = (byte) 0xFF;
    assertThat(reads(bytes, SafetensorsFile::open)).isFalse();
  }

  @Property(tries = 100)
  void an_index_with_other_bytes_is_read_or_refused(
      @ForAll @IntRange(max = 1 << 16) int at, @ForAll byte value) {
    inFile(
        path -> {
          Path folder = path.resolveSibling("model");
          Files.createDirectories(folder);
          Files.write(folder.resolve("one.safetensors"), GOOD);
          Path index = folder.resolve("model.safetensors.index.json");
          byte[] bytes = INDEX.getBytes(StandardCharsets.UTF_8);
          bytes[at % bytes.length] = value;
          Files.write(index, bytes);
          try {
            assertThat(SafetensorsIndex.open(folder)).isNotEmpty();
          } catch (LuthierException e) {
            assertThat(e).hasMessageContaining(folder.toString());
          }
          return path;
        });
  }
}
