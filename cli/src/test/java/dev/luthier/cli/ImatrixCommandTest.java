package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.format.ImportanceMatrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code imatrix} from flags to files. */
class ImatrixCommandTest {
  @TempDir private Path folder = Path.of("");
  private Path model = Path.of("");
  private Path text = Path.of("");

  @BeforeEach
  void write() throws IOException {
    model = TinyModel.write(folder.resolve("model"), Optional.empty());
    text = folder.resolve("text.txt");
    Files.writeString(text, "The birch canoe slid on the smooth planks. ".repeat(30));
  }

  private Cli run(String output, String... more) {
    String[] args = new String[7 + more.length];
    args[0] = "imatrix";
    args[1] = "--model";
    args[2] = model.toString();
    args[3] = "--text";
    args[4] = text.toString();
    args[5] = "--output";
    args[6] = folder.resolve(output).toString();
    System.arraycopy(more, 0, args, 7, more.length);
    return Cli.run(args);
  }

  @Test
  void both_formats_tell_the_quantizer_the_same() throws IOException {
    Cli gguf = run("a.gguf", "--chunk", "32", "--json");
    assertThat(gguf.code()).as(gguf.err()).isZero();
    JsonNode json = new ObjectMapper().readTree(gguf.out());
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "output", "tensors", "chunks", "chunkTokens", "tokens", "perplexity", "unseen");
    assertThat(json.path("tensors").asInt()).isEqualTo(14);
    assertThat(json.path("tokens").asInt()).isEqualTo(32 * json.path("chunks").asInt());
    assertThat(run("a.dat", "--chunk", "32").out())
        .contains("a.dat: 14 tensors over " + json.path("chunks").asInt() + " chunks of 32 tokens");
    ImportanceMatrix one = ImportanceMatrix.read(folder.resolve("a.gguf"));
    ImportanceMatrix other = ImportanceMatrix.read(folder.resolve("a.dat"));
    assertThat(one.datasets()).containsExactly("text.txt").isEqualTo(other.datasets());
    assertThat(one.chunks()).isEqualTo(json.path("chunks").asInt()).isEqualTo(other.chunks());
    one.means()
        .forEach(
            (name, expected) -> {
              float[] found = Objects.requireNonNull(other.means().get(name));
              assertThat(found).hasSize(name.contains("ffn_down") ? 24 : 16);
              for (int i = 0; i < found.length; i++) {
                assertThat(found[i]).as(name).isCloseTo(expected[i], withPercentage(1e-4));
              }
            });
  }

  @Test
  void a_chunk_is_the_context_where_that_is_shorter_and_chunks_can_be_counted() {
    assertThat(run("a.gguf", "--chunks", "1").out()).contains("over 1 chunks of 128 tokens");
  }

  @Test
  void what_cannot_be_meant_is_said() {
    assertThat(run("a.gguf", "--chunk", "129").code()).isEqualTo(2);
    assertThat(run("a.gguf", "--chunks", "0").code()).isEqualTo(2);
    Cli nowhere = run("no/such/folder/a.gguf", "--chunks", "1");
    assertThat(nowhere.code()).isEqualTo(2);
    assertThat(nowhere.err()).contains("folder does not exist");
  }
}
