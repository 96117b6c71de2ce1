package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.tokenizer.TokenPlaces.Spelling;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Words that are remembered against the library, which sees the whole text. */
class WordCacheTest {
  private static final String GPT2 = "{'type': 'ByteLevel', 'add_prefix_space': false}";

  /** What stands beside a space, where texts are cut or must not be. */
  private static final List<String> BESIDE =
      List.of(
          "a",
          "b",
          "ab",
          "The",
          "I",
          "1",
          "23",
          "'s",
          "'S",
          ",",
          ":",
          "?!",
          "é",
          "\u0301",
          "日",
          "ſ",
          "İ",
          "🙂",
          "\ud83d",
          "▁",
          "Ġ",
          ".",
          "<",
          "\n",
          "\r\n",
          "\t",
          "\u00a0",
          "\u2028",
          "\u0000",
          " ",
          "<s>",
          "</s>",
          "<|im_end|>",
          "<|endoftext|>",
          "-",
          "_",
          "K");

  /** Pieces with a space between any two of them, in every order, and texts of many pieces. */
  static List<String> awkward(int seed, int count) {
    List<String> texts = new ArrayList<>();
    for (String left : BESIDE) {
      for (String right : BESIDE) {
        texts.add(left + " " + right);
      }
    }
    Random random = new Random(seed);
    for (int run = 0; run < count; run++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(12); i >= 0; i--) {
        text.append(BESIDE.get(random.nextInt(BESIDE.size())))
            .append(random.nextBoolean() ? " " : "");
      }
      texts.add(text.toString());
    }
    return texts;
  }

  @Test
  void ids_are_those_of_the_library_whatever_stands_beside_a_space() {
    for (Tokenizer tokenizer : List.of(TestTokenizers.chat(), TestTokenizers.sentencePiece())) {
      assertThat(tokenizer.remembersWords()).isTrue();
      awkward(1, 2000).forEach(text -> TokenPlacesTest.check(tokenizer, text));
    }
  }

  @Property(tries = 1000)
  void ids_are_those_of_the_library(
      @ForAll @Size(max = 16) List<@IntRange(max = 36) Integer> pieces) {
    List<String> parts = pieces.stream().map(BESIDE::get).toList();
    for (String joint : List.of("", " ", "a b", " b")) {
      String text = String.join(joint, parts);
      for (Tokenizer tokenizer : List.of(TestTokenizers.chat(), TestTokenizers.sentencePiece())) {
        assertThat(tokenizer.encodeIds(text, false))
            .as(text)
            .isEqualTo(tokenizer.encodeByLibrary(text).ids());
      }
    }
  }

  @Test
  void words_that_are_not_known_yet_are_asked_for_at_once_and_long_ones_each_time() {
    List<String> asked = new ArrayList<>();
    WordCache words = words(Spelling.BYTES, GPT2, List.of(), List.of(), asked).orElseThrow();
    String url = " w" + "x".repeat(40);
    assertThat(words.ids("It is, it is 2. So")).isEqualTo(bytes("It is, it is 2. So"));
    assertThat(words.ids("It is, so is" + url)).isEqualTo(bytes("It is, so is" + url));
    assertThat(words.ids("It is" + url + ", so is")).isEqualTo(bytes("It is" + url + ", so is"));
    assertThat(words.ids("It is, so is")).isEqualTo(bytes("It is, so is"));
    assertThat(asked).containsExactly("It is, it is 2. So", " so" + url, url + ",");
  }

  @Test
  void a_space_put_before_each_text_stands_for_the_one_at_the_cut() {
    List<String> asked = new ArrayList<>();
    WordCache words =
        words(Spelling.SPACED, "null", List.of("ab", "▁a"), List.of(), asked).orElseThrow();
    for (String text : List.of("a b  c <s>d e", "e f a", "a e", "")) {
      assertThat(words.ids(text)).isEqualTo(text.isEmpty() ? new int[0] : bytes(" " + text));
    }
    assertThat(asked).containsExactly("a b  c <s>d e", "f");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type': 'ByteLevel', 'add_prefix_space': true}",
        "{'type': 'ByteLevel', 'add_prefix_space': false, 'use_regex': false}",
        "{'type': 'Whitespace'}",
        "{'type': 'Sequence', 'pretokenizers': [{'type': 'Split', 'behavior': 'Isolated',"
            + " 'pattern': {'Regex': '.+'}}, {'type': 'ByteLevel', 'add_prefix_space': false,"
            + " 'use_regex': false}]}",
        "null"
      })
  void pieces_that_may_reach_over_a_cut_are_left_to_the_library(String preTokenizer) {
    assertThat(words(Spelling.BYTES, preTokenizer, List.of(), List.of(), new ArrayList<>()))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'content': '<s>', 'lstrip': true}",
        "{'content': '<s>', 'rstrip': true}",
        "{'content': '<s>', 'single_word': true}",
        "{'content': 'a b'}",
        "{'content': ' b'}",
        "{'content': 'b'}",
        "{'content': '<s>.'}"
      })
  void added_tokens_that_a_cut_could_hurt_leave_all_to_the_library(String added) {
    for (Spelling spelling : List.of(Spelling.BYTES, Spelling.SPACED)) {
      assertThat(words(spelling, GPT2, List.of(), List.of(added), new ArrayList<>())).isEmpty();
    }
  }

  @Test
  void tokens_over_a_cut_leave_all_to_the_library() {
    assertThat(words(Spelling.SPACED, "null", List.of("a", "b▁c"), List.of(), new ArrayList<>()))
        .isEmpty();
    assertThat(words(Spelling.SPACED, "null", List.of("a", ",▁"), List.of(), new ArrayList<>()))
        .isEmpty();
  }

  @Test
  void words_written_with_a_suffix_leave_all_to_the_library(@TempDir Path folder)
      throws IOException {
    Path original = TestTokenizers.chatFolder().resolve("tokenizer.json");
    ObjectNode json = (ObjectNode) Jackson.MAPPER.readTree(original.toFile());
    ((ObjectNode) json.get("model")).put("end_of_word_suffix", "");
    Path file = folder.resolve("tokenizer.json");
    Jackson.MAPPER.writeValue(file.toFile(), json);
    assertThat(Tokenizer.fromFile(file).remembersWords()).isTrue();
    ((ObjectNode) json.get("model")).put("end_of_word_suffix", "</w>");
    Jackson.MAPPER.writeValue(file.toFile(), json);
    assertThat(Tokenizer.fromFile(file).remembersWords()).isFalse();
  }

  /** With a vocabulary of bytes, of which the ids are the bytes themselves. */
  private static Optional<WordCache> words(
      Spelling spelling,
      String preTokenizer,
      List<String> vocabulary,
      List<String> added,
      List<String> asked) {
    boolean spaced = spelling == Spelling.SPACED;
    Map<Integer, String> tokens = new HashMap<>();
    for (int b = 0; b < 256; b++) {
      tokens.put(b, spaced ? "<0x%02X>".formatted(b) : ByteLetters.write(new byte[] {(byte) b}));
    }
    if (spaced) {
      tokens.put((int) ' ', "▁");
      tokens.put(256, "<0x20>");
    }
    return WordCache.of(
        TokenPlaces.of(spelling, tokens, Map.of()).orElseThrow(),
        json(preTokenizer),
        vocabulary,
        added.stream().map(WordCacheTest::json).toList(),
        text -> {
          asked.add(text);
          return bytes(spaced ? " " + text : text);
        });
  }

  private static int[] bytes(String text) {
    return text.chars().toArray();
  }

  private static JsonNode json(String text) {
    try {
      return Jackson.MAPPER.readTree(text.replace('\'', '"'));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
