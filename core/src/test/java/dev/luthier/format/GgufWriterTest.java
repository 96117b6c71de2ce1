package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written is what is read. */
class GgufWriterTest {
  private static final List<GgufType> TYPES =
      List.of(GgufType.F32, GgufType.F16, GgufType.BF16, GgufType.Q8_0, GgufType.Q6_K);

  @TempDir private Path folder = Path.of("");

  private static GgufWriter.Entry entry(String name, GgufType type, byte[] data, Long... shape) {
    return new GgufWriter.Entry(
        name,
        type,
        List.of(shape),
        channel -> SafetensorsWriter.writeFully(channel, ByteBuffer.wrap(data)));
  }

  @Test
  void fields_stand_where_a_file_written_field_by_field_has_them() throws IOException {
    byte[] expected =
        new PlantedGguf()
            .text("general.architecture", "llama")
            .integer("llama.block_count", 2)
            .number("llama.rope.freq_base", 10000)
            .flag("tokenizer.ggml.add_bos_token", true)
            .texts("tokenizer.ggml.tokens", "<s>", "naïve", "")
            .integers("tokenizer.ggml.token_type", 3, 1, -1)
            .numbers("tokenizer.ggml.scores", 0, -1.5f, 2)
            .tensor("token_embd.weight", GgufType.I8, new byte[] {1, 2, 3, 4, 5, 6}, 3, 2)
            .tensor("blk.0.ffn_up.weight", GgufType.Q8_0, new byte[4 * 34], 2, 64)
            .bytes();
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put("general.architecture", GgufValue.of("llama"));
    metadata.put("llama.block_count", GgufValue.uint32(2));
    metadata.put("llama.rope.freq_base", GgufValue.float32(10000));
    metadata.put("tokenizer.ggml.add_bos_token", GgufValue.of(true));
    metadata.put("tokenizer.ggml.tokens", GgufValue.texts(List.of("<s>", "naïve", "")));
    metadata.put("tokenizer.ggml.token_type", GgufValue.int32s(List.of(3, 1, -1)));
    metadata.put("tokenizer.ggml.scores", GgufValue.float32s(List.of(0f, -1.5f, 2f)));
    Path path = folder.resolve("m.gguf");
    GgufWriter.write(
        path,
        metadata,
        List.of(
            entry("token_embd.weight", GgufType.I8, new byte[] {1, 2, 3, 4, 5, 6}, 3L, 2L),
            entry("blk.0.ffn_up.weight", GgufType.Q8_0, new byte[4 * 34], 2L, 64L)));
    assertThat(Files.readAllBytes(path)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void any_metadata_and_tensors_come_back(long seed) throws IOException {
    Random random = new Random(seed);
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    int alignment = 1 << random.nextInt(8);
    metadata.put("general.alignment", GgufValue.uint32(alignment));
    for (GgufValue.Type type : GgufValue.Type.values()) {
      for (int i = 0; i < 3; i++) {
        metadata.put("a key of " + type + " " + i, value(type, random, 2));
      }
    }
    List<GgufWriter.Entry> tensors = new ArrayList<>();
    Map<String, byte[]> data = new LinkedHashMap<>();
    for (int i = 0; i < 20; i++) {
      GgufType type = TYPES.get(random.nextInt(TYPES.size()));
      List<Long> shape = new ArrayList<>();
      for (int d = random.nextInt(4); d > 0; d--) {
        shape.add((long) random.nextInt(4));
      }
      shape.add((long) type.blockValues() * random.nextInt(1, 3));
      byte[] bytes = new byte[(int) type.bytes(shape)];
      random.nextBytes(bytes);
      data.put("tensor " + i, bytes);
      tensors.add(entry("tensor " + i, type, bytes, shape.toArray(Long[]::new)));
    }
    Path path = folder.resolve("m.gguf");
    GgufWriter.write(path, metadata, tensors);
    Gguf read = Gguf.open(path);
    assertThat(read.version()).isEqualTo(3);
    assertThat(List.copyOf(read.metadata().values().entrySet()))
        .isEqualTo(List.copyOf(metadata.entrySet()));
    assertThat(read.tensors().keySet()).containsExactlyElementsOf(data.keySet());
    for (GgufWriter.Entry entry : tensors) {
      GgufTensor tensor = read.tensor(entry.name()).orElseThrow();
      assertThat(tensor.type()).isEqualTo(entry.type());
      assertThat(tensor.shape()).isEqualTo(entry.shape());
      ByteBuffer bytes = ByteBuffer.allocate((int) tensor.length());
      tensor.read(0, bytes);
      assertThat(bytes.array()).isEqualTo(data.get(entry.name()));
    }
    assertThat(Files.size(path) % alignment).isZero();
  }

  private static GgufValue value(GgufValue.Type type, Random random, int depth) {
    long bits = random.nextLong();
    return switch (type) {
      case UINT8 -> new GgufValue.Whole(type, bits & 0xff);
      case INT8 -> new GgufValue.Whole(type, (byte) bits);
      case UINT16 -> new GgufValue.Whole(type, bits & 0xffff);
      case INT16 -> new GgufValue.Whole(type, (short) bits);
      case UINT32 -> GgufValue.uint32(bits >>> 32);
      case INT32 -> new GgufValue.Whole(type, (int) bits);
      case UINT64, INT64 -> new GgufValue.Whole(type, bits);
      case FLOAT32 -> GgufValue.float32(random.nextGaussian());
      case FLOAT64 -> new GgufValue.Real(type, random.nextGaussian());
      case BOOL -> GgufValue.of(random.nextBoolean());
      case STRING -> GgufValue.of("ü€😀\0".repeat(random.nextInt(5)));
      case ARRAY -> {
        GgufValue.Type element =
            Stream.of(GgufValue.Type.values())
                .filter(t -> depth > 0 || t != GgufValue.Type.ARRAY)
                .skip(random.nextInt(12))
                .findFirst()
                .orElseThrow();
        yield new GgufValue.Array(
            element,
            IntStream.range(0, random.nextInt(5))
                .mapToObj(i -> value(element, random, depth - 1))
                .toList());
      }
    };
  }

  @Test
  void what_goes_wrong_leaves_the_file_that_was_there() throws IOException {
    Path path = Files.writeString(folder.resolve("m.gguf"), "good");
    assertThatThrownBy(
            () ->
                GgufWriter.write(
                    path,
                    Map.of(),
                    List.of(
                        new GgufWriter.Entry(
                            "t",
                            GgufType.F32,
                            List.of(4L),
                            channel -> {
                              throw new IOException("No space left on device");
                            }))))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(path.toString())
        .hasMessageContaining("No space left on device");
    assertThatThrownBy(
            () ->
                GgufWriter.write(
                    path, Map.of(), List.of(entry("t", GgufType.F32, new byte[15], 4L))))
        .hasMessageContaining("tensor t wrote a wrong number of bytes");
    assertThat(path).hasContent("good");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(path);
    }
  }

  @Test
  void what_no_file_can_hold_is_refused() {
    Path path = folder.resolve("m.gguf");
    assertThatThrownBy(() -> GgufValue.uint32(-1)).hasMessage("-1 is no uint32");
    assertThatThrownBy(() -> GgufValue.uint32(1L << 32)).hasMessage("4294967296 is no uint32");
    assertThatThrownBy(() -> new GgufValue.Whole(GgufValue.Type.INT8, 128))
        .hasMessage("128 is no int8");
    assertThatThrownBy(() -> new GgufValue.Real(GgufValue.Type.INT8, 1))
        .hasMessage("1.0 is no int8");
    assertThatThrownBy(
            () -> new GgufValue.Array(GgufValue.Type.INT8, List.of(GgufValue.of("text"))))
        .hasMessageContaining("not all values are of type int8");
    assertThatThrownBy(
            () -> GgufWriter.write(path, Map.of("k", GgufValue.of("half \ud800")), List.of()))
        .hasMessageContaining("is no Unicode text");
    assertThatThrownBy(() -> entry("n".repeat(64), GgufType.F32, new byte[4], 1L))
        .hasMessageContaining("cannot be written");
    GgufWriter.Entry twice = entry("t", GgufType.F32, new byte[4], 1L);
    assertThatThrownBy(() -> GgufWriter.write(path, Map.of(), List.of(twice, twice)))
        .hasMessage("tensor t is given twice");
    assertThatThrownBy(() -> GgufType.Q4_K.bytes(List.of(2L, 128L)))
        .hasMessage("rows of 128 values are no whole blocks of Q4_K");
  }
}
