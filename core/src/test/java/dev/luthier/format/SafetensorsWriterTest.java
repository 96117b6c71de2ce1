package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  @Test
  void the_bytes_are_those_of_the_reference_implementation() throws IOException {
    Path file = folder.resolve("golden.safetensors");
    SafetensorsWriter.write(
        file,
        List.of(
            entry("z", DType.F32, List.of(1L), 1, 2, 3, 4),
            entry("a", DType.U8, List.of(2L), 9, 8),
            entry("b", DType.F32, List.of(), 5, 6, 7, 8)),
        Map.of("format", "pt"));

    // By type and then by name; the header padded with spaces to a multiple of 8.
    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
            + "\"z\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]},"
            + "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[8,10]}}  ";
    assertThat(header.length() % 8).isZero();
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    expected.write(header.length());
    expected.writeBytes(new byte[7]);
    expected.writeBytes(header.getBytes(StandardCharsets.US_ASCII));
    expected.writeBytes(HexFormat.of().parseHex("05060708" + "01020304" + "0908"));
    assertThat(Files.readAllBytes(file)).isEqualTo(expected.toByteArray());
  }

  @Test
  void types_of_one_width_stand_in_the_reference_implementations_order() {
    Path file = folder.resolve("a.safetensors");
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    for (String name : "BOOL F16 F64 I8 I32 U16 I64 F32 BF16 U8 U64 I16 U32".split(" ")) {
      entries.add(TestTensors.entry(name, DType.valueOf(name), 2));
    }
    SafetensorsWriter.write(file, entries, Map.of());
    assertThat(SafetensorsFile.open(file).tensors().keySet())
        .containsExactly(
            "U64", "I64", "F64", "F32", "U32", "I32", "BF16", "F16", "U16", "I16", "I8", "U8",
            "BOOL");
  }

  @Test
  void the_order_in_which_tensors_come_does_not_change_the_bytes() throws IOException {
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      entries.add(TestTensors.entry("t" + i, DType.values()[i % DType.values().length], 3));
    }
    Map<String, String> metadata = Map.of("b", "2", "a", "1", "c", "\u00fc\ud83d\ude00\"\n\u0001");
    Path first = folder.resolve("1.safetensors");
    Path second = folder.resolve("2.safetensors");
    SafetensorsWriter.write(first, entries, metadata);
    Collections.shuffle(entries, new Random(7));
    SafetensorsWriter.write(second, entries, metadata);

    assertThat(Files.mismatch(first, second)).isEqualTo(-1);
    assertThat(SafetensorsFile.open(first).metadata()).isEqualTo(metadata);
    assertThat(SafetensorsFile.open(first).tensors().values())
        .allMatch(t -> t.offset() % t.dtype().bytes() == 0);
  }

  @Test
  void names_stand_by_their_utf8_bytes() {
    Path file = folder.resolve("a.safetensors");
    String emoji = "\ud83d\ude00";
    String wide = "\uff5e";
    SafetensorsWriter.write(
        file,
        List.of(TestTensors.entry(emoji, DType.U8, 1), TestTensors.entry(wide, DType.U8, 1)),
        Map.of());
    assertThat(SafetensorsFile.open(file).tensors().keySet()).containsExactly(wide, emoji);
  }

  @Test
  void what_no_reader_would_accept_is_not_written() throws IOException {
    Path file = folder.resolve("a.safetensors");
    assertThatThrownBy(() -> entry("a", DType.U8, List.of(-1L)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> entry("__metadata__", DType.U8, List.of(0L)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                write(
                    file, entry("a", DType.U8, List.of(), 1), entry("a", DType.F32, List.of(), 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("two tensors are called a");
    assertThatThrownBy(() -> write(file, entry("half \ud800", DType.U8, List.of(), 1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> write(file, entry("a", DType.F32, List.of(2L), 1, 2, 3)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("a F32 [2] takes 8 bytes, but 3 were written");
    assertThat(folder).isEmptyDirectory();
  }

  private static void write(Path file, SafetensorsWriter.Entry... entries) {
    SafetensorsWriter.write(file, Arrays.asList(entries), Map.of());
  }

  private static SafetensorsWriter.Entry entry(
      String name, DType dtype, List<Long> shape, int... bytes) {
    byte[] data = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      data[i] = (byte) bytes[i];
    }
    return new SafetensorsWriter.Entry(
        name, dtype, shape, out -> SafetensorsWriter.writeFully(out, ByteBuffer.wrap(data)));
  }
}
