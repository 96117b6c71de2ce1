package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Vocabularies with merges, WordPiece's and tiktoken's, from files planted here. */
class TokenizerSourceTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder = Path.of("");

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  /** The bytes, then {@code 12}, {@code 123}, {@code 1234} (ids 256 to 258), then special ones. */
  private void plantDigits(String... special) throws IOException {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    for (int i = 0; i < 256; i++) {
      vocabulary.put(ByteLetters.write(new byte[] {ByteLetters.byteAt(i)}), i);
    }
    List<String> tokens = new ArrayList<>(List.of("12", "123", "1234"));
    tokens.addAll(List.of(special));
    tokens.forEach(token -> vocabulary.put(token, vocabulary.size()));
    JSON.writeValue(folder.resolve("vocab.json").toFile(), vocabulary);
    write("merges.txt", "#version: 0.2\n1 2\n12 3\n123 4\n");
  }

  @Test
  void vocab_and_merges_are_the_tokenizer_json_that_they_were_taken_from() throws IOException {
    JsonNode model =
        JSON.readTree(TestTokenizers.chatFolder().resolve("tokenizer.json").toFile()).get("model");
    JSON.writeValue(folder.resolve("vocab.json").toFile(), model.get("vocab"));
    StringBuilder merges = new StringBuilder("#version: 0.2\n");
    model.get("merges").forEach(merge -> merges.append(merge.asText()).append("\r\n"));
    write("merges.txt", merges.toString());
    Files.copy(
        TestTokenizers.chatFolder().resolve("special_tokens_map.json"),
        folder.resolve("special_tokens_map.json"));
    write(
        "tokenizer_config.json",
        "{\"tokenizer_class\": \"GPT2Tokenizer\","
            + " \"additional_special_tokens\": [\"<|im_start|>\"]}");
    Tokenizer tokenizer = Tokenizer.load(folder);
    Tokenizer expected = TestTokenizers.chat();
    TestTokenizers.text()
        .map(text -> "<|im_start|>" + text + "<|im_end|><|endoftext|>  x")
        .forEach(
            text ->
                assertThat(tokenizer.encode(text, true))
                    .usingRecursiveComparison()
                    .isEqualTo(expected.encode(text, true)));
    assertThat(tokenizer.specialIds()).isEqualTo(expected.specialIds());
    assertThat(tokenizer.eosId()).isEqualTo(expected.eosId());
    assertThat(tokenizer.remembersWords()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "GPT2Tokenizer, '', 258",
    "GPT2Tokenizer, llama, 16 17 18 19", // SmolLM
    "GPTNeoXTokenizer, '', 258",
    "Qwen2TokenizerFast, '', 16 17 18 19",
    "'', qwen3, 16 17 18 19",
    "PreTrainedTokenizerFast, llama, 257 19",
    "'', opt, 258",
  })
  void families_cut_digits_each_in_its_way(String tokenizerClass, String modelType, String ids)
      throws IOException {
    plantDigits();
    write("tokenizer_config.json", "{\"tokenizer_class\": \"" + tokenizerClass + "\"}");
    write("config.json", "{\"model_type\": \"" + modelType + "\"}");
    assertThat(Tokenizer.load(folder).encodeIds("1234", false))
        .containsExactly(List.of(ids.split(" ")).stream().mapToInt(Integer::parseInt).toArray());
  }

  @Test
  void the_tokens_tell_the_family_where_no_file_does() throws IOException {
    plantDigits("<|begin_of_text|>");
    assertThat(Tokenizer.load(folder).encodeIds("1234", true)).containsExactly(259, 257, 19);
    plantDigits("<s>", "<pad>", "</s>", "<unk>", "<mask>");
    assertThat(Tokenizer.load(folder).encodeIds("1234", true)).containsExactly(259, 258, 261);
    plantDigits("<|endoftext|>");
    assertThat(Tokenizer.load(folder).encodeIds("1234", true)).containsExactly(258);
    plantDigits();
    assertThatThrownBy(() -> Tokenizer.load(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("vocab.json and merges.txt do not say how text is cut into words")
        .hasMessageContaining("GPT2Tokenizer");
  }

  @Test
  void an_unknown_family_is_named() throws IOException {
    plantDigits("<|endoftext|>");
    write("tokenizer_config.json", "{\"tokenizer_class\": \"CLIPTokenizerFast\"}");
    assertThatThrownBy(() -> Tokenizer.load(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("nothing is known of CLIPTokenizer");
  }

  @Test
  void qwen_composes_text_and_a_prefix_space_is_put_where_the_config_says_so() throws IOException {
    plantDigits();
    write("tokenizer_config.json", "{\"tokenizer_class\": \"Qwen2Tokenizer\"}");
    Tokenizer qwen = Tokenizer.load(folder);
    assertThat(qwen.encodeIds("e\u0301", false)).isEqualTo(qwen.encodeIds("\u00e9", false));
    write(
        "tokenizer_config.json",
        "{\"tokenizer_class\": \"GPT2Tokenizer\", \"add_prefix_space\": true}");
    Tokenizer spaced = Tokenizer.load(folder);
    assertThat(spaced.encodeIds("a", false)).isEqualTo(spaced.encodeIds(" a", false));
  }

  @Test
  void merges_of_another_vocabulary_are_an_error_that_names_the_line() throws IOException {
    plantDigits("<|endoftext|>");
    write("merges.txt", "#version: 0.2\n1 2\n12 9\n");
    assertThatThrownBy(() -> Tokenizer.load(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(
            "merges.txt line 3 merges \"12 9\", but the vocabulary has no \"129\"");
    write("merges.txt", "1 2 3\n");
    assertThatThrownBy(() -> Tokenizer.load(folder))
        .hasMessageContaining("merges.txt line 1: expected two tokens and a space");
  }

  @Test
  void ids_that_files_disagree_about_are_an_error() throws IOException {
    plantDigits("<|endoftext|>");
    write("added_tokens.json", "{\"<|endoftext|>\": 7}");
    assertThatThrownBy(() -> Tokenizer.load(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("the id 259, the files beside it give it 7");
    write("vocab.json", "{\"a\": 0, \"b\": 0, \"<|endoftext|>\": 1}");
    assertThatThrownBy(() -> Tokenizer.load(folder))
        .hasMessageContaining("\"a\" and \"b\" both have id 0");
    write("vocab.json", "{\"a\": \"x\"}");
    assertThatThrownBy(() -> Tokenizer.load(folder))
        .hasMessageContaining("expected a number as the id of \"a\"");
  }

  /** ids 0 to 11. */
  private void plantWords() throws IOException {
    write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\n##s\nHello\ncafe\ncafé\n日\n本\n");
  }

  @Test
  void word_pieces_are_lower_case_without_accents_unless_the_config_says_otherwise()
      throws IOException {
    plantWords();
    Tokenizer tokenizer = Tokenizer.load(folder);
    String text = "Hellos café[MASK] 日本 xyz";
    assertThat(tokenizer.encodeIds(text, true)).containsExactly(2, 5, 6, 8, 4, 10, 11, 1, 3);
    assertThat(tokenizer.padId()).hasValue(0);
    assertThat(tokenizer.unkId()).hasValue(1);
    assertThat(tokenizer.specialIds()).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
    write(
        "tokenizer_config.json",
        "{\"tokenizer_class\": \"DistilBertTokenizer\", \"do_lower_case\": false,"
            + " \"tokenize_chinese_chars\": false}");
    assertThat(Tokenizer.load(folder).encodeIds(text, true))
        .containsExactly(2, 7, 6, 9, 4, 1, 1, 3);
  }

  @Test
  void a_vocabulary_without_what_word_pieces_need_is_an_error() throws IOException {
    write("vocab.txt", "[UNK]\n[SEP]\nhello\n");
    assertThatThrownBy(() -> Tokenizer.load(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("vocab.txt has no [CLS]");
    plantWords();
    write("tokenizer_config.json", "{\"tokenizer_class\": \"BertJapaneseTokenizer\"}");
    assertThatThrownBy(() -> Tokenizer.load(folder)).hasMessageContaining("BertJapaneseTokenizer");
  }

  /** The bytes by value, then the given tokens. */
  private static String ranks(String... tokens) {
    StringBuilder out = new StringBuilder();
    int rank = 0;
    for (; rank < 256; rank++) {
      out.append(line(new byte[] {(byte) rank}, rank));
    }
    for (String token : tokens) {
      out.append(line(token.getBytes(StandardCharsets.UTF_8), rank++));
    }
    return out.toString();
  }

  private static String line(byte[] token, int rank) {
    return Base64.getEncoder().encodeToString(token) + " " + rank + "\n";
  }

  @Test
  void ranks_decide_what_is_merged_first() throws IOException {
    write("config.json", "{\"model_type\": \"llama\"}");
    write("tokenizer.model", ranks("bc", "ab", "abc", "cd", "12", "é"));
    Tokenizer tokenizer = Tokenizer.load(folder);
    // bc goes before ab and cd; then abc is made of a and bc
    assertThat(tokenizer.encodeIds("abcd", false)).containsExactly(258, 'd');
    assertThat(tokenizer.encodeIds("1234", false)).containsExactly(260, '3', '4');
    assertThat(tokenizer.encodeIds("é<|eot_id|>", true)).containsExactly(262, 261, 271);
    assertThat(tokenizer.vocabSize()).isEqualTo(262 + 256);
    assertThat(tokenizer.bosToken()).contains("<|begin_of_text|>");
    assertThat(tokenizer.token(262 + 255)).isEqualTo("<|reserved_special_token_250|>");
  }

  @Test
  void a_token_is_taken_whole_even_if_no_merges_lead_to_it() throws IOException {
    write("config.json", "{\"model_type\": \"llama\"}");
    write("tokenizer.model", ranks("abc"));
    assertThat(Tokenizer.load(folder).encodeIds("abc", false)).containsExactly(256);
  }

  @Test
  void qwen_has_its_own_special_tokens() throws IOException {
    write("qwen.tiktoken", ranks("12"));
    Tokenizer tokenizer = Tokenizer.load(folder);
    assertThat(tokenizer.encodeIds("12<|im_end|>", true)).containsExactly('1', '2', 259);
    assertThat(tokenizer.token(257 + 207)).isEqualTo("<|extra_204|>");
  }

  @Test
  void damaged_ranks_are_an_error() throws IOException {
    write("qwen.tiktoken", ranks("12") + "no rank\n");
    assertThatThrownBy(() -> Tokenizer.load(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("qwen.tiktoken line 258: expected a token in Base64 and its rank");
    write("qwen.tiktoken", ranks("12", "12"));
    assertThatThrownBy(() -> Tokenizer.load(folder)).hasMessageContaining("stands there twice");
    write("qwen.tiktoken", ranks().lines().limit(200).reduce("", (a, b) -> a + b + "\n"));
    assertThatThrownBy(() -> Tokenizer.load(folder)).hasMessageContaining("no token for byte 200");
    Files.delete(folder.resolve("qwen.tiktoken"));
    write("mine.tiktoken", ranks("12"));
    assertThatThrownBy(() -> Tokenizer.load(folder))
        .hasMessageContaining("257 ranks, which no known vocabulary has");
  }

  @Test
  void a_folder_without_a_tokenizer_says_what_was_looked_for() {
    assertThatThrownBy(() -> Tokenizer.load(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(
            "or a tokenizer.model, vocab.json with merges.txt, vocab.txt, a .tiktoken or a .gguf file");
  }

  @Test
  void a_folder_that_is_not_there_is_said_not_to_be() {
    assertThatThrownBy(() -> Tokenizer.load(folder.resolve("none")))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("none does not exist");
  }
}
