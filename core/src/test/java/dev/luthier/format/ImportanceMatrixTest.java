package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both formats of importance matrices, field by field. */
class ImportanceMatrixTest {
  private static final String QUERY = "blk.0.attn_q.weight";
  private static final String EXPERTS = "blk.0.ffn_up_exps.weight";

  @TempDir private Path folder = Path.of("");

  /** Four tokens a chunk, three chunks; the second of three experts was given nothing. */
  private static ImportanceMatrix matrix() {
    TreeMap<String, ImportanceMatrix.Entry> entries = new TreeMap<>();
    entries.put(QUERY, new ImportanceMatrix.Entry(new float[] {12, 24, 0, 6}, new long[] {12}));
    entries.put(
        EXPERTS,
        new ImportanceMatrix.Entry(new float[] {5, 10, 0, 0, 21, 7}, new long[] {5, 0, 7}));
    return new ImportanceMatrix(entries, List.of("wiki.txt"), 3, 4);
  }

  private static void assertMeans(ImportanceMatrix read) {
    assertThat(read.means().keySet()).containsExactly(QUERY, EXPERTS);
    assertThat(read.means().get(QUERY)).containsExactly(1, 2, 0, 0.5f);
    assertThat(read.means().get(EXPERTS)).containsExactly(1, 2, 1, 1, 3, 1);
  }

  @Test
  void as_gguf_it_has_sums_and_counts_by_name() {
    Path file = folder.resolve("a.gguf");
    matrix().write(file);
    Gguf gguf = Gguf.open(file);
    assertThat(gguf.metadata().values().keySet())
        .containsExactly(
            "general.type", "imatrix.datasets", "imatrix.chunk_count", "imatrix.chunk_size");
    assertThat(gguf.tensors().keySet())
        .containsExactly(
            QUERY + ".in_sum2", QUERY + ".counts", EXPERTS + ".in_sum2", EXPERTS + ".counts");
    assertThat(gguf.tensor(QUERY + ".in_sum2").orElseThrow().shape()).containsExactly(4L);
    assertThat(gguf.tensor(QUERY + ".counts").orElseThrow().shape()).containsExactly(1L);
    assertThat(gguf.tensor(EXPERTS + ".in_sum2").orElseThrow().shape()).containsExactly(3L, 2L);
    assertThat(gguf.tensor(EXPERTS + ".counts").orElseThrow().shape()).containsExactly(3L, 1L);
    ImportanceMatrix read = ImportanceMatrix.read(file);
    assertMeans(read);
    assertThat(Objects.requireNonNull(read.entries().get(EXPERTS)).counts())
        .containsExactly(5, 0, 7);
    assertThat(Objects.requireNonNull(read.entries().get(EXPERTS)).unseen()).isEqualTo(1);
    assertThat(read.datasets()).containsExactly("wiki.txt");
    assertThat(read.chunks()).isEqualTo(3);
    assertThat(read.chunkTokens()).isEqualTo(4);
  }

  @Test
  void as_dat_it_has_means_times_calls() throws IOException {
    Path file = folder.resolve("a.DAT");
    matrix().write(file);
    ByteBuffer expected = ByteBuffer.allocate(1000).order(ByteOrder.LITTLE_ENDIAN);
    expected.putInt(2);
    text(expected, QUERY).putInt(3).putInt(4);
    expected.putFloat(3).putFloat(6).putFloat(0).putFloat(1.5f);
    text(expected, EXPERTS).putInt(2).putInt(6); // 7 tokens are 2 chunks, the second not whole
    expected.putFloat(2).putFloat(4).putFloat(2).putFloat(2).putFloat(6).putFloat(2);
    text(expected.putInt(3), "wiki.txt");
    assertThat(Files.readAllBytes(file))
        .isEqualTo(Arrays.copyOf(expected.array(), expected.position()));
    ImportanceMatrix read = ImportanceMatrix.read(file);
    assertMeans(read);
    assertThat(read.datasets()).containsExactly("wiki.txt");
    assertThat(read.chunks()).isEqualTo(3);
  }

  private static ByteBuffer text(ByteBuffer to, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return to.putInt(bytes.length).put(bytes);
  }

  @Test
  void files_that_end_before_the_chunks_are_read() throws IOException {
    Path file = folder.resolve("old.dat");
    ByteBuffer old = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN);
    text(old.putInt(1), QUERY).putInt(2).putInt(1).putFloat(3);
    Files.write(file, Arrays.copyOf(old.array(), old.position()));
    ImportanceMatrix read = ImportanceMatrix.read(file);
    assertThat(read.means().get(QUERY)).containsExactly(1.5f);
    assertThat(read.datasets()).isEmpty();
  }

  @Test
  void every_cut_of_a_file_is_refused_or_read() throws IOException {
    for (String name : List.of("a.gguf", "a.dat")) {
      Path file = folder.resolve(name);
      matrix().write(file);
      byte[] whole = Files.readAllBytes(file);
      int refused = 0;
      for (int length = 0; length < whole.length; length++) {
        Path cut = folder.resolve("cut");
        Files.write(cut, Arrays.copyOf(whole, length));
        try {
          ImportanceMatrix.read(cut);
        } catch (LuthierException e) {
          assertThat(e).hasMessageContaining(cut.toString());
          refused++;
        }
      }
      assertThat(refused).as(name).isGreaterThan(whole.length - 33);
    }
  }

  @Test
  void lengths_that_the_file_cannot_hold_and_values_that_are_no_squares_are_refused()
      throws IOException {
    ByteBuffer hostile = ByteBuffer.allocate(60).order(ByteOrder.LITTLE_ENDIAN);
    text(hostile.putInt(1), "blk").putInt(1).putInt(Integer.MAX_VALUE);
    assertRefused(hostile.array(), "would have");
    hostile.clear();
    text(hostile.putInt(1), "blk").putInt(1).putInt(1).putFloat(-1);
    assertRefused(hostile.array(), "is -1.0");
    hostile.clear();
    text(hostile.putInt(1), "blk").putInt(1).putInt(1).putFloat(Float.NaN);
    assertRefused(hostile.array(), "is NaN");
    assertRefused(new byte[] {0, 0, 0, 0}, "0 entries");
    Path model = folder.resolve("model.gguf");
    new PlantedGguf().text("general.architecture", "llama").write(model);
    assertThatThrownBy(() -> ImportanceMatrix.read(model))
        .hasMessageContaining("general.type is not imatrix");
  }

  private void assertRefused(byte[] bytes, String what) throws IOException {
    Path file = folder.resolve("hostile.dat");
    Files.write(file, bytes);
    assertThatThrownBy(() -> ImportanceMatrix.read(file))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(what);
  }
}
