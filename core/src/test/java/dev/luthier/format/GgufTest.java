package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A GGUF file's head: every kind of value is read, and nothing is believed unchecked. */
class GgufTest {
  @TempDir private Path folder = Path.of("");

  private static PlantedGguf good() {
    return new PlantedGguf()
        .text("general.architecture", "llama")
        .integer("llama.block_count", 2)
        .number("llama.rope.freq_base", 10000)
        .flag("tokenizer.ggml.add_bos_token", true)
        .texts("tokenizer.ggml.tokens", "<s>", "naïve", "")
        .integers("tokenizer.ggml.token_type", 3, 1, -1)
        .numbers("tokenizer.ggml.scores", 0, -1.5f, 2)
        .tensor("token_embd.weight", new float[] {1, 2, 3, 4, 5, 6}, 3, 2)
        .tensor("blk.0.ffn_up.weight", GgufType.Q8_0, new byte[4 * 34], 2, 64)
        .tensor("output_norm.weight", new float[] {7, 8}, 2);
  }

  private Path write(byte[] bytes) {
    try {
      return Files.write(folder.resolve("m.gguf"), bytes);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void refused(byte[] bytes, String... message) {
    Path path = write(bytes);
    assertThatThrownBy(() -> Gguf.open(path))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(path.toString())
        .hasMessageContainingAll(message);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void metadata_and_tensors_are_read(int version) {
    Gguf file = Gguf.open(write(good().bytes(version)));
    GgufMetadata m = file.metadata();
    assertThat(file.version()).isEqualTo(version);
    assertThat(m.text("general.architecture")).hasValue("llama");
    assertThat(m.integer("llama.block_count")).hasValue(2L);
    assertThat(m.number("llama.block_count")).hasValue(2.0);
    assertThat(m.number("llama.rope.freq_base")).hasValue(10000.0);
    assertThat(m.flag("tokenizer.ggml.add_bos_token")).hasValue(true);
    assertThat(m.texts("tokenizer.ggml.tokens")).containsExactly("<s>", "naïve", "");
    assertThat(m.integers("tokenizer.ggml.token_type")).containsExactly(3L, 1L, -1L);
    assertThat(m.numbers("tokenizer.ggml.scores")).containsExactly(0.0, -1.5, 2.0);
    assertThat(m.text("none")).isEmpty();
    assertThat(m.texts("none")).isEmpty();
    assertThat(file.tensors().keySet())
        .containsExactly("token_embd.weight", "blk.0.ffn_up.weight", "output_norm.weight");
    GgufTensor up = file.tensor("blk.0.ffn_up.weight").orElseThrow();
    assertThat(up.type()).isEqualTo(GgufType.Q8_0);
    assertThat(up.shape()).containsExactly(2L, 64L);
    assertThat(up.length()).isEqualTo(136);
    assertThat(up.elements()).isEqualTo(128);
    assertThat(up.rowBytes()).isEqualTo(68);
    GgufTensor norm = file.tensor("output_norm.weight").orElseThrow();
    ByteBuffer data = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    norm.read(4, data);
    assertThat(data.getFloat(0)).isEqualTo(8);
  }

  @Test
  void an_inspection_shows_metadata_and_tensors() {
    GgufInspection found =
        GgufInspection.of(write(good().text("evil\u001b[2J", "x\u001b[2J").bytes()));
    assertThat(found.toText())
        .contains("m.gguf (GGUF 3)")
        .contains("  general.architecture = llama\n")
        .contains("  tokenizer.ggml.tokens = 3 x string [<s>, naïve, ]\n")
        .contains("blk.0.ffn_up.weight  Q8_0  [2, 64]\n")
        .endsWith("3 tensors, 136 parameters, 168 bytes; F32 32; Q8_0 136\n")
        .doesNotContain("\u001b");
    assertThat(found.toJson().toString())
        .contains("kind=gguf, version=3, parameters=136, bytes=168")
        .contains("tokenizer.ggml.scores={element=float32, count=3, first=[0.0, -1.5, 2.0]}")
        .contains("{name=token_embd.weight, dtype=F32, shape=[3, 2], bytes=24, file=m.gguf}");
  }

  @Test
  void every_type_of_value_has_its_range() {
    byte[] ones = new byte[8];
    Arrays.fill(ones, (byte) -1);
    long[] expected = {255, -1, 65535, -1, 4294967295L, -1};
    PlantedGguf planted = new PlantedGguf();
    int[] bytes = {1, 1, 2, 2, 4, 4};
    for (int t = 0; t < 6; t++) {
      planted.put("k" + t, t, Arrays.copyOf(ones, bytes[t]));
    }
    planted.put("u64", 10, ones).put("i64", 11, ones);
    planted.put("f64", 12, PlantedGguf.little(8).putDouble(Math.PI).array());
    GgufMetadata m = Gguf.open(write(planted.bytes())).metadata();
    for (int t = 0; t < 6; t++) {
      assertThat(m.integer("k" + t)).hasValue(expected[t]);
    }
    assertThat(m.integer("i64")).hasValue(-1L);
    assertThat(m.number("f64")).hasValue(Math.PI);
    assertThatThrownBy(() -> m.integer("u64"))
        .hasMessageContaining("'u64' holds 18446744073709551615 (uint64); expected a whole number");
  }

  @Test
  void arrays_may_hold_arrays() {
    byte[] inner = PlantedGguf.little(13).putInt(0).putLong(1).put((byte) 7).array();
    byte[] outer = PlantedGguf.little(25).putInt(9).putLong(1).put(inner).array();
    GgufValue value =
        Gguf.open(write(new PlantedGguf().put("a", 9, outer).bytes())).metadata().values().get("a");
    assertThat(value).hasToString("[[7]]");
  }

  @Test
  void a_value_of_another_kind_is_named_with_its_key() {
    GgufMetadata m = Gguf.open(write(good().bytes())).metadata();
    assertThatThrownBy(() -> m.integer("general.architecture"))
        .hasMessageContaining("m.gguf: metadata key 'general.architecture' holds llama (string)");
    assertThatThrownBy(() -> m.texts("tokenizer.ggml.scores"))
        .hasMessageContaining("expected texts");
    assertThatThrownBy(() -> m.texts("llama.block_count"))
        .hasMessageContaining("expected an array of texts");
  }

  @Test
  void an_alignment_of_its_own_is_kept() {
    Gguf file = Gguf.open(write(good().alignment(128).bytes()));
    for (GgufTensor t : file.tensors().values()) {
      assertThat(t.offset() % 128).isZero();
    }
    ByteBuffer data = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    file.tensor("output_norm.weight").orElseThrow().read(0, data);
    assertThat(data.getFloat(0)).isEqualTo(7);
    refused(good().alignment(32).integer("general.alignment", 24).bytes(), "not a power of two");
  }

  @Test
  void other_versions_and_byte_orders_are_refused_by_name() {
    refused(good().bytes(1), "GGUF version 1", "Convert");
    refused(good().bytes(Integer.reverseBytes(3)), "big-endian");
    refused("not a gguf file, but long enough".getBytes(), "does not begin with GGUF");
    refused(new byte[0], "ends after 0 bytes");
  }

  @Test
  void counts_and_lengths_beyond_the_file_are_refused_before_they_are_believed() {
    byte[] bytes = good().bytes();
    refused(with(bytes, 8, Long.MAX_VALUE), "number of tensors");
    refused(with(bytes, 8, -1), "number of tensors is 18446744073709551615");
    refused(with(bytes, 16, 1L << 40), "number of metadata keys");
    refused(with(bytes, 24, 1L << 33), "length of metadata key 0");
    byte[] array = PlantedGguf.little(12).putInt(8).putLong(1L << 50).array();
    refused(new PlantedGguf().put("a", 9, array).bytes(), "length of metadata key 'a'");
    refused(new PlantedGguf().put("a", 13, new byte[8]).bytes(), "'a'", "type is 13");
    byte[] deep = new byte[0];
    for (int i = 0; i < 40; i++) {
      deep = PlantedGguf.little(12 + deep.length).putInt(9).putLong(1).put(deep).array();
    }
    refused(new PlantedGguf().put("a", 9, deep).bytes(), "nested more than 4 deep");
    byte[] many = PlantedGguf.little(12 + 4_000_001).putInt(0).putLong(4_000_001).array();
    refused(new PlantedGguf().put("a", 9, many).bytes(), "more than 4000000 values");
  }

  private static byte[] with(byte[] bytes, int at, long value) {
    byte[] out = bytes.clone();
    ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN).putLong(at, value);
    return out;
  }

  @Test
  void tensors_that_do_not_fit_are_named() {
    PlantedGguf twice =
        new PlantedGguf().tensor("ab", new float[8], 8).tensor("ac", new float[8], 8);
    byte[] bytes = twice.bytes();
    int second = 24 + (8 + 2 + 4 + 8 + 12) + 8;
    byte[] same = bytes.clone();
    same[second + 1] = 'b';
    refused(same, "tensor 'ab'", "occurs twice");
    int offset = second + 2 + 4 + 8 + 4;
    refused(with(bytes, offset, 0), "overlap");
    refused(with(bytes, offset, 33), "no multiple of 32");
    refused(with(bytes, offset, 1L << 40), "end after the file's");
    refused(with(bytes, second + 2 + 4, Long.MAX_VALUE), "larger than any file");
    refused(with(bytes, second + 2 + 4, -8), "size below 0");
    byte[] type = bytes.clone();
    type[second + 2 + 4 + 8] = 99;
    refused(type, "ggml type 99", "not known");
    byte[] dimensions = bytes.clone();
    dimensions[second + 2] = 5;
    refused(dimensions, "5 dimensions");
    refused(
        new PlantedGguf().tensor("q", GgufType.Q4_K, new byte[144], 128).bytes(),
        "'q'",
        "no multiple of the 256 in a block of Q4_K");
  }

  @Test
  void a_key_that_occurs_twice_is_refused() {
    byte[] bytes = new PlantedGguf().integer("ab", 1).integer("ac", 2).bytes();
    bytes[24 + 8 + 2 + 4 + 4 + 8 + 1] = 'b';
    refused(bytes, "'ab'", "occurs twice");
  }

  @Test
  void a_file_cut_anywhere_is_refused() {
    byte[] bytes = good().bytes();
    // What comes after the last tensor is padding.
    int data = bytes.length - 32 + 8;
    for (int cut = 0; cut < data; cut += cut < 400 ? 1 : 7) {
      refused(Arrays.copyOf(bytes, cut), "GGUF");
    }
    assertThat(Gguf.open(write(Arrays.copyOf(bytes, data))).tensors()).hasSize(3);
  }

  @Test
  void a_file_with_other_bytes_reads_within_itself_or_is_refused() {
    byte[] good = good().bytes();
    Random random = new Random(7);
    int refused = 0;
    for (int i = 0; i < 3000; i++) {
      byte[] bytes = good.clone();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        for (GgufTensor t : Gguf.open(write(bytes)).tensors().values()) {
          assertThat(t.offset() + t.length()).isLessThanOrEqualTo(bytes.length);
        }
      } catch (LuthierException e) {
        assertThat(e).hasMessageContaining("m.gguf");
        refused++;
      }
    }
    assertThat(refused).isBetween(500, 2900);
  }

  @Test
  void a_model_in_several_files_is_found_by_any_of_them() throws IOException {
    List<Path> parts = good().writeSplit(folder, "big", 3);
    for (Path part : parts) {
      Gguf all = Gguf.open(part);
      assertThat(all.path()).isEqualTo(parts.get(0));
      assertThat(all.metadata().text("general.architecture")).hasValue("llama");
      assertThat(all.tensors()).hasSize(3);
      assertThat(all.tensor("output_norm.weight").orElseThrow().path()).isEqualTo(parts.get(2));
    }
    Path other = Files.copy(parts.get(0), folder.resolve("renamed.gguf"));
    assertThatThrownBy(() -> Gguf.open(other)).hasMessageContaining("one of 3 files");
    Files.delete(parts.get(1));
    assertThatThrownBy(() -> Gguf.open(parts.get(0)))
        .hasMessageContaining("big-00002-of-00003.gguf is missing");
    Files.copy(parts.get(2), parts.get(1));
    assertThatThrownBy(() -> Gguf.open(parts.get(0))).hasMessageContaining("it is not file 2 of 3");
  }
}
