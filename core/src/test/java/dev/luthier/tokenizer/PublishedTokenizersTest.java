package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tokenizers as published, of all four models of the library: BPE, SentencePiece, Unigram,
 * WordPiece.
 */
@Tag("interop")
class PublishedTokenizersTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path ASSETS = Path.of(System.getProperty("luthier.assets", ""));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tok-gpt2",
        "tok-tinyllama-hf",
        "tok-bert",
        "tok-llmfoundry-hf/t5",
        "adapter-opt125m-lora",
        "model-llama-story-hf"
      })
  void ids_drawn_by_chance_decode_one_by_one_as_they_do_at_once(String folder) {
    Tokenizer tokenizer = Tokenizer.load(ASSETS.resolve(folder));
    Random random = new Random(7);
    for (int run = 0; run < 200; run++) {
      // Small ids are bytes and special tokens in these vocabularies: draw them often.
      int[] ids =
          random
              .ints(random.nextInt(40))
              .map(i -> Math.floorMod(i, i % 3 == 0 ? tokenizer.vocabSize() : 300))
              .toArray();
      boolean skipSpecialTokens = random.nextBoolean();
      IncrementalDecoder decoder = new IncrementalDecoder(tokenizer, skipSpecialTokens);
      StringBuilder joined = new StringBuilder();
      for (int id : ids) {
        joined.append(decoder.next(id));
      }
      joined.append(decoder.finish());
      assertThat(joined).hasToString(tokenizer.decode(ids, skipSpecialTokens));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tok-tinyllama-hf, true, 1, -1",
    "model-llama-story-hf, true, 1, -1",
    "tok-bert, false, 101, 102",
    "tok-llmfoundry-hf/t5, false, -1, 1",
    "adapter-opt125m-lora, true, 2, -1",
    "tok-gpt2, false, -1, -1"
  })
  void bos_and_eos_are_added_as_each_family_does(
      String folder, boolean addsBos, int first, int last) {
    Tokenizer tokenizer = Tokenizer.load(ASSETS.resolve(folder));
    int[] ids = tokenizer.encodeIds("hello there", true);
    int[] bare = tokenizer.encodeIds("hello there", false);
    assertThat(tokenizer.addBosToken()).isEqualTo(addsBos);
    assertThat(ids.length - bare.length).isEqualTo((first < 0 ? 0 : 1) + (last < 0 ? 0 : 1));
    assertThat(ids[0]).isEqualTo(first < 0 ? bare[0] : first);
    assertThat(ids[ids.length - 1]).isEqualTo(last < 0 ? bare[bare.length - 1] : last);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"tok-gpt2", "tok-tinyllama-hf", "model-llama-story-hf", "adapter-opt125m-lora"})
  void places_found_without_the_library_are_those_of_the_library(String folder) throws IOException {
    // the story model's vocabulary has no tokens for most characters
    checkPlaces(Tokenizer.load(ASSETS.resolve(folder)), !folder.contains("story"));
  }

  /** Qwen 2.5 normalizes to composed characters, which byte-level tokenizers rarely do. */
  @Test
  void places_in_composed_text_are_those_of_the_library(@TempDir Path folder) throws IOException {
    Path files = ASSETS.resolve("tok-qwen2.5");
    JsonNode added = JSON.readTree(files.resolve("added_tokens.json").toFile());
    JsonNode vocabulary = JSON.readTree(files.resolve("vocab.json").toFile());
    String pattern =
        """
        (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|\
         ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+""";
    checkPlaces(
        byteLevel(folder, pattern, "NFC", vocabulary, files.resolve("merges.txt"), added), true);
  }

  @Test
  void places_in_llama_3_are_those_of_the_library(@TempDir Path folder) throws IOException {
    Path files = ASSETS.resolve("tok-llama3.2-hf-vocab-merges");
    ObjectNode added = JSON.createObjectNode();
    JSON.readTree(files.resolve("Meta-Llama-3-8B.tokenizer_config.json").toFile())
        .get("added_tokens_decoder")
        .fields()
        .forEachRemaining(
            token ->
                added.put(
                    token.getValue().get("content").asText(), Integer.parseInt(token.getKey())));
    JsonNode vocabulary = JSON.readTree(files.resolve("encoder.json").toFile());
    String pattern =
        """
        (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|\
         ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+""";
    checkPlaces(
        byteLevel(folder, pattern, "", vocabulary, files.resolve("vocab.bpe"), added), true);
  }

  /** A tokenizer.json made of the files that tokenizers of GPT-2's kind had before it. */
  private static Tokenizer byteLevel(
      Path folder,
      String pattern,
      String normalizer,
      JsonNode vocabulary,
      Path mergesFile,
      JsonNode addedTokens)
      throws IOException {
    ObjectNode root = JSON.createObjectNode();
    ArrayNode added = root.putArray("added_tokens");
    addedTokens
        .fields()
        .forEachRemaining(
            token ->
                added
                    .addObject()
                    .put("id", token.getValue().asInt())
                    .put("content", token.getKey())
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true));
    if (!normalizer.isEmpty()) {
      root.putObject("normalizer").put("type", normalizer);
    }
    ArrayNode steps =
        root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
    steps
        .addObject()
        .put("type", "Split")
        .put("behavior", "Isolated")
        .put("invert", false)
        .putObject("pattern")
        .put("Regex", pattern);
    steps
        .addObject()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", false);
    root.putObject("decoder")
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false);
    ObjectNode model = root.putObject("model").put("type", "BPE");
    model.set("vocab", vocabulary);
    ArrayNode merges = model.putArray("merges");
    Files.readAllLines(mergesFile).stream()
        .filter(line -> !line.startsWith("#version") && !line.isBlank())
        .forEach(merges::add);
    JSON.writeValue(folder.resolve("tokenizer.json").toFile(), root);
    return Tokenizer.load(folder);
  }

  private static void checkPlaces(Tokenizer tokenizer, boolean spelt) throws IOException {
    assertThat(tokenizer.remembersWords()).isEqualTo(spelt);
    WordCacheTest.awkward(5, 1000).forEach(text -> TokenPlacesTest.check(tokenizer, text));
    int known = 0;
    int count = 0;
    for (JsonNode row : JSON.readTree(ASSETS.resolve("data-alpaca/alpaca_5000.json").toFile())) {
      String text = row.get("instruction").asText() + "</s>\n" + row.get("output").asText();
      TokenPlacesTest.check(tokenizer, text);
      known += tokenizer.placesKnown(text) ? 1 : 0;
      if (++count == 500) {
        break;
      }
    }
    assertThat(known > 495).isEqualTo(spelt);
    Random random = new Random(3);
    for (int run = 0; run < 500; run++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(10); i >= 0; i--) {
        text.append(TokenPlacesTest.PIECES.get(random.nextInt(TokenPlacesTest.PIECES.size())));
      }
      TokenPlacesTest.check(tokenizer, text.toString());
    }
  }
}
