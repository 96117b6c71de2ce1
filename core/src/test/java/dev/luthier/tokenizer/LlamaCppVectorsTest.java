package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Ids, spans and decoding on llama.cpp's published test vectors: 46 strings for each tokenizer,
 * full of odd spaces and scripts. They were made without BOS, CLS and the like.
 */
@Tag("interop")
class LlamaCppVectorsTest {
  private static final Path ASSETS = Path.of(System.getProperty("luthier.assets", ""));

  @ParameterizedTest
  @CsvSource({
    "gpt-2, tok-gpt2",
    "gpt-2, model-tiny-gpt2-realvocab-hf",
    "llama-spm, tok-tinyllama-hf",
    "phi-3, tok-tinyllama-hf", // the same vocabulary but for added tokens
    "bert-bge, tok-bert",
    "bert-bge, tok-llmfoundry-hf/bertt"
  })
  void ids_equal_the_published_vectors(String vectors, String folder) throws IOException {
    assertVectors(Tokenizer.load(ASSETS.resolve(folder)), vectors);
  }

  /** The same from the files that stand beside a tokenizer.json, or instead of one. */
  @ParameterizedTest
  @CsvSource({
    "gpt-2, tok-gpt2, vocab.json merges.txt",
    "llama-spm, tok-tinyllama-hf, tokenizer.model tokenizer_config.json",
    "llama-spm, tok-tinyllama-hf, tokenizer.model",
    "phi-3, tok-tinyllama-hf, tokenizer.model",
    "bert-bge, tok-llmfoundry-hf/bertt, vocab.txt",
    "llama-bpe, tok-llama3.2-hf-vocab-merges, encoder.json vocab.bpe tokenizer_config.json",
    "qwen2, tok-qwen2.5, vocab.json merges.txt tokenizer_config.json"
  })
  void ids_from_other_files_equal_the_published_vectors(
      String vectors, String asset, String files, @TempDir Path folder) throws IOException {
    for (String name : files.split(" ")) {
      Files.copy(ASSETS.resolve(asset).resolve(name), folder.resolve(name));
    }
    assertVectors(Tokenizer.load(folder), vectors);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt-2", "llama-spm", "phi-3", "bert-bge", "falcon"})
  void ids_from_the_vocabulary_in_a_gguf_file_equal_the_published_vectors(String name)
      throws IOException {
    Path file = ASSETS.resolve("tok-llamacpp-vocab-gguf/ggml-vocab-" + name + ".gguf");
    assertVectors(Tokenizer.load(file), name);
  }

  private static void assertVectors(Tokenizer tokenizer, String name) throws IOException {
    Path base = ASSETS.resolve("tok-llamacpp-vocab-gguf");
    String inputs = Files.readString(base.resolve("ggml-vocab-" + name + ".gguf.inp"));
    List<String> texts = List.of(inputs.split("\n__ggml_vocab_test__\n", -1));
    // The separator stands after the last string too.
    texts = texts.subList(0, texts.size() - 1);
    List<String> lines = Files.readAllLines(base.resolve("ggml-vocab-" + name + ".gguf.out"));
    assertThat(lines).hasSizeGreaterThan(40);
    assertThat(texts).hasSize(lines.size());
    for (int i = 0; i < lines.size(); i++) {
      int[] expected =
          Arrays.stream(lines.get(i).split(" "))
              .filter(s -> !s.isBlank())
              .mapToInt(Integer::parseInt)
              .toArray();
      Encoding encoding = tokenizer.encode(texts.get(i), false);
      assertThat(encoding.ids()).as("%s, string %d: %s", name, i, texts.get(i)).isEqualTo(expected);
      assertSpans(texts.get(i), encoding, !name.startsWith("bert"));
      assertDecodedAsItComes(tokenizer, expected);
    }
  }

  /**
   * In order, never inside a character, and, but for BERT, which drops spaces, over all the text.
   */
  private static void assertSpans(String text, Encoding encoding, boolean all) {
    int covered = 0;
    for (int i = 0; i < encoding.length(); i++) {
      int start = encoding.starts()[i];
      assertThat(start).isLessThan(encoding.ends()[i]);
      if (all) {
        assertThat(start).isLessThanOrEqualTo(covered);
      }
      assertThat(start > 0 && Character.isLowSurrogate(text.charAt(start))).isFalse();
      assertThat(encoding.ends()[i]).isGreaterThanOrEqualTo(covered);
      covered = encoding.ends()[i];
    }
    if (all) {
      assertThat(covered).isEqualTo(text.length());
    }
  }

  private static void assertDecodedAsItComes(Tokenizer tokenizer, int[] ids) {
    IncrementalDecoder decoder = new IncrementalDecoder(tokenizer, true);
    StringBuilder joined = new StringBuilder();
    for (int id : ids) {
      joined.append(decoder.next(id));
    }
    assertThat(joined + decoder.finish()).isEqualTo(tokenizer.decode(ids, true));
  }
}
