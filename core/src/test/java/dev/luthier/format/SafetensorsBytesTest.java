package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsBytesTest {
  private static SafetensorsWriter.Entry entry(String name, DType type, String hex, Long... shape) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    return new SafetensorsWriter.Entry(
        name,
        type,
        List.of(shape),
        channel -> SafetensorsWriter.writeFully(channel, ByteBuffer.wrap(bytes)));
  }

  /** Laid out by hand as the reference implementation does: no spaces, padded to 8, dtype first. */
  @Test
  void a_small_file_has_the_bytes_of_the_reference_layout(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("model.safetensors");
    SafetensorsWriter.write(
        file,
        List.of(
            entry("mask", DType.BOOL, "010001", 3L),
            entry("b", DType.F32, "0000803f00000040", 2L),
            entry("half", DType.BF16, "803f", 1L),
            entry("a", DType.F32, "0000c0bf"),
            entry("i", DType.I64, "ffffffffffffffff", 1L, 1L)),
        Map.of("format", "pt"));

    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"i\":{\"dtype\":\"I64\",\"shape\":[1,1],\"data_offsets\":[0,8]},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[8,12]},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[12,20]},"
            + "\"half\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[20,22]},"
            + "\"mask\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[22,25]}}";
    int padded = (header.length() + 7) / 8 * 8;
    byte[] bytes = Files.readAllBytes(file);
    assertThat(HexFormat.of().formatHex(bytes, 0, 8))
        .isEqualTo("%02x%02x000000000000".formatted(padded & 255, padded >> 8));
    assertThat(new String(bytes, 8, padded, StandardCharsets.UTF_8))
        .isEqualTo(header + " ".repeat(padded - header.length()));
    assertThat(HexFormat.of().formatHex(bytes, 8 + padded, bytes.length))
        .isEqualTo("ffffffffffffffff" + "0000c0bf" + "0000803f00000040" + "803f" + "010001");
  }

  @Test
  void a_name_in_any_script_comes_back(@TempDir Path folder) {
    Path file = folder.resolve("model.safetensors");
    String name = "слой \"0\" \\ \n 重み \uD83E\uDD9C";
    SafetensorsWriter.write(file, List.of(entry(name, DType.U8, "07", 1L)), Map.of(name, name));
    SafetensorsFile read = SafetensorsFile.open(file);
    assertThat(read.tensors()).containsOnlyKeys(name);
    assertThat(read.metadata()).containsExactly(Map.entry(name, name));
  }

  @Test
  void a_tensor_stored_once_for_two_names_is_an_alias(@TempDir Path folder) {
    Path file = folder.resolve("model.safetensors");
    SafetensorsWriter.write(
        file,
        List.of(entry("embed", DType.U8, "07", 1L)),
        Map.of("lm_head", "embed", "format", "pt", "embed", "embed"));
    assertThat(SafetensorsFile.open(file).aliases()).containsExactly(Map.entry("lm_head", "embed"));
  }

  @Test
  void metadata_may_be_null_as_mlx_writes_it(@TempDir Path folder) throws IOException {
    byte[] header = "{\"__metadata__\":null}   ".getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
    Path path = folder.resolve("adapters.safetensors");
    Files.write(path, file.putLong(header.length).put(header).array());
    assertThat(SafetensorsFile.open(path).metadata()).isEmpty();
  }

  @Test
  void no_tensors_are_a_file_too(@TempDir Path folder) {
    Path file = folder.resolve("model.safetensors");
    SafetensorsWriter.write(file, List.of(), Map.of());
    assertThat(SafetensorsFile.open(file).tensors()).isEmpty();
  }

  @Test
  void a_name_that_utf8_cannot_hold_is_refused(@TempDir Path folder) {
    Path file = folder.resolve("model.safetensors");
    assertThatThrownBy(
            () ->
                SafetensorsWriter.write(
                    file, List.of(entry("half \ud800", DType.U8, "07", 1L)), Map.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(file).doesNotExist();
  }

  @Test
  void names_stand_by_their_utf8_bytes_and_types_of_one_width_in_the_reference_order(
      @TempDir Path folder) {
    Path file = folder.resolve("model.safetensors");
    SafetensorsWriter.write(
        file,
        List.of(
            entry("\ud83d\ude00", DType.U16, "0707", 1L),
            entry("\uff5e", DType.U16, "0707", 1L),
            entry("z", DType.F16, "0707", 1L),
            entry("y", DType.BF16, "0707", 1L),
            entry("a", DType.I16, "0707", 1L)),
        Map.of());
    assertThat(SafetensorsFile.open(file).tensors().keySet())
        .containsExactly("y", "z", "\uff5e", "\ud83d\ude00", "a");
  }
}
