package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Ids, spans and decoding on llama.cpp's published test vectors: 46 strings for each tokenizer,
 * full of odd spaces and scripts. They were made without BOS, CLS and the like.
 */
@Tag("interop")
class LlamaCppVectorsTest {
  private static final Path ASSETS = Path.of(System.getProperty("luthier.assets", ""));

  private static final String LLAMA3_WORDS =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

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

  @Test
  void llama_3_from_its_vocabulary_and_merges(@TempDir Path folder) throws IOException {
    Path source = ASSETS.resolve("tok-llama3.2-hf-vocab-merges");
    combine(
        source.resolve("encoder.json"), source.resolve("vocab.bpe"), LLAMA3_WORDS, false, folder);
    assertVectors(Tokenizer.load(folder), "llama-bpe");
  }

  @Test
  void qwen_2_from_its_vocabulary_and_merges(@TempDir Path folder) throws IOException {
    Path source = ASSETS.resolve("tok-qwen2.5");
    String words = LLAMA3_WORDS.replace("{1,3}", "");
    combine(source.resolve("vocab.json"), source.resolve("merges.txt"), words, true, folder);
    assertVectors(Tokenizer.load(folder), "qwen2");
  }

  /** What Hugging Face's converters make of the two files. */
  private static void combine(Path vocab, Path merges, String words, boolean nfc, Path folder)
      throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode().put("version", "1.0");
    root.putArray("added_tokens");
    if (nfc) {
      root.putObject("normalizer").put("type", "NFC");
    }
    ArrayNode steps =
        root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
    ObjectNode split = steps.addObject().put("type", "Split").put("behavior", "Isolated");
    split.put("invert", false).putObject("pattern").put("Regex", words);
    ObjectNode bytes = steps.addObject().put("type", "ByteLevel").put("add_prefix_space", false);
    bytes.put("trim_offsets", true).put("use_regex", false);
    root.set("decoder", bytes);
    root.set("post_processor", bytes);
    ObjectNode model = root.putObject("model").put("type", "BPE").put("ignore_merges", !nfc);
    JsonNode ids = mapper.readTree(Files.readString(vocab));
    model.set("vocab", ids);
    ArrayNode lines = model.putArray("merges");
    Files.readAllLines(merges).stream()
        .filter(line -> !line.startsWith("#version") && !line.isEmpty())
        .forEach(lines::add);
    Files.writeString(folder.resolve("tokenizer.json"), mapper.writeValueAsString(root));
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
