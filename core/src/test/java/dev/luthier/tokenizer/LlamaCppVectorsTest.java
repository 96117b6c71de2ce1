package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Ids against llama.cpp's published test vectors: 47 strings each, full of odd spaces and scripts.
 */
@Tag("interop")
class LlamaCppVectorsTest {
  private static final Path ASSETS = Path.of(System.getProperty("luthier.assets", ""));

  @ParameterizedTest
  @CsvSource({"gpt-2, tok-gpt2", "llama-spm, tok-tinyllama-hf", "bert-bge, tok-bert"})
  void ids_equal_the_published_vectors(String vectors, String folder) throws IOException {
    Tokenizer tokenizer = Tokenizer.load(ASSETS.resolve(folder));
    assertVectors(tokenizer, vectors);
  }

  static void assertVectors(Tokenizer tokenizer, String name) throws IOException {
    Path base = ASSETS.resolve("tok-llamacpp-vocab-gguf");
    String inputs = Files.readString(base.resolve("ggml-vocab-" + name + ".gguf.inp"));
    List<String> texts = List.of(inputs.split("\n__ggml_vocab_test__\n", -1));
    List<String> lines = Files.readAllLines(base.resolve("ggml-vocab-" + name + ".gguf.out"));
    for (int i = 0; i < lines.size(); i++) {
      int[] expected =
          Arrays.stream(lines.get(i).split(" "))
              .filter(s -> !s.isBlank())
              .mapToInt(Integer::parseInt)
              .toArray();
      assertThat(tokenizer.encodeIds(texts.get(i), false))
          .as("%s, string %d: %s", name, i, texts.get(i))
          .isEqualTo(expected);
    }
  }
}
