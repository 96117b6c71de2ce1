package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.format.PlantedGguf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GgufTokenizerTest {
  private static final String GGML = "tokenizer.ggml.";

  @TempDir private Path folder = Path.of("");

  private Tokenizer load(PlantedGguf file) throws IOException {
    Path path = folder.resolve("model.gguf");
    file.write(path);
    return Tokenizer.load(path);
  }

  /** The vocabulary of {@link TestTokenizers#sentencePiece}, and one row that is no token. */
  static PlantedGguf llama() {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    IntStream.range(0, 256).forEach(b -> tokens.add("<0x%02X>".formatted(b)));
    tokens.addAll(List.of("▁", "a", "b", "ab", "▁ab", "▁a", "▁▁", "[PAD266]"));
    int[] types = new int[tokens.size()];
    Arrays.fill(types, 6);
    types[0] = 2;
    types[1] = 3;
    types[2] = 3;
    Arrays.fill(types, 259, types.length, 1);
    types[266] = 3;
    float[] scores = new float[tokens.size()];
    float[] last = {-10, -11, -12, -1, -2, -3, -4, -1000};
    System.arraycopy(last, 0, scores, 259, last.length);
    return new PlantedGguf()
        .text(GGML + "model", "llama")
        .texts(GGML + "tokens", tokens.toArray(String[]::new))
        .integers(GGML + "token_type", types)
        .numbers(GGML + "scores", scores);
  }

  @Test
  void byte_pairs_with_scores_are_those_of_the_same_vocabulary_as_tokenizer_json()
      throws IOException {
    Tokenizer tokenizer = load(llama().text("tokenizer.chat_template", "{{ 'x' }}"));
    Tokenizer expected = TestTokenizers.sentencePiece();
    for (String text : List.of("", "ab", " a  b ab", "ba<s>ab</s> a", "é🙂 ab", "a[PAD266]")) {
      assertThat(tokenizer.encodeIds(text, true))
          .as(text)
          .isEqualTo(expected.encodeIds(text, true));
    }
    assertThat(tokenizer.vocabSize()).isEqualTo(267);
    assertThat(tokenizer.eosToken()).contains("</s>");
    assertThat(tokenizer.padToken()).isEmpty();
    assertThat(tokenizer.chatTemplateSource(false)).contains("{{ 'x' }}");
  }

  @Test
  void settings_of_the_file_are_kept() throws IOException {
    Tokenizer tokenizer =
        load(
            llama()
                .flag(GGML + "add_bos_token", false)
                .flag(GGML + "add_eos_token", true)
                .flag(GGML + "add_space_prefix", false)
                .integer(GGML + "padding_token_id", 0)
                .integer(GGML + "seperator_token_id", 0xFFFFFFFFL)
                .texts("tokenizer.chat_templates", "tool_use")
                .text("tokenizer.chat_template", "plain")
                .text("tokenizer.chat_template.tool_use", "tools"));
    assertThat(tokenizer.encodeIds("ab", true)).containsExactly(262, 2);
    assertThat(tokenizer.padToken()).contains("<unk>");
    assertThat(tokenizer.chatTemplateSource(true)).contains("tools");
    assertThat(tokenizer.chatTemplateSource(false)).contains("plain");
  }

  private static PlantedGguf byteLevel(String... special) {
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < 256; i++) {
      tokens.add(ByteLetters.write(new byte[] {ByteLetters.byteAt(i)}));
    }
    tokens.addAll(List.of("12", "123", "1234"));
    tokens.addAll(List.of(special));
    int[] types = new int[tokens.size()];
    Arrays.fill(types, 1);
    Arrays.fill(types, 259, types.length, 3);
    return new PlantedGguf()
        .text(GGML + "model", "gpt2")
        .texts(GGML + "tokens", tokens.toArray(String[]::new))
        .integers(GGML + "token_type", types)
        .texts(GGML + "merges", "1 2", "12 3", "123 4")
        .integer(GGML + "bos_token_id", 259);
  }

  @ParameterizedTest
  @CsvSource({
    "gpt-2, 258 259 0",
    "llama-bpe, 259 257 19 259 0",
    "qwen2, 16 17 18 19 259 0",
    "smollm, 16 17 18 19 259 0",
    "falcon, 257 19 259 0",
    "default, 257 19 259 0",
    "tekken, 259 16 17 18 19 259 0",
    "gpt-4o, 257 19 259 0",
    "bloom, 258 259 0"
  })
  void byte_level_files_name_how_text_is_cut(String pre, String ids) throws IOException {
    Tokenizer tokenizer = load(byteLevel("<|x|>").text(GGML + "pre", pre));
    assertThat(tokenizer.encodeIds("1234<|x|>!", true))
        .containsExactly(Arrays.stream(ids.split(" ")).mapToInt(Integer::parseInt).toArray());
  }

  @Test
  void an_unknown_way_to_cut_text_is_named_with_its_nearest() {
    assertThatThrownBy(() -> load(byteLevel("<|x|>").text(GGML + "pre", "llama-bpx")))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("pre is \"llama-bpx\" (the nearest known is llama-bpe)");
  }

  @Test
  void merges_of_tokens_that_are_not_there_are_an_error() {
    assertThatThrownBy(
            () ->
                load(
                    byteLevel("<|x|>")
                        .text(GGML + "pre", "gpt-2")
                        .texts(GGML + "merges", "1 2", "12 9")))
        .hasMessageContaining("tokenizer.ggml.merges, entry 2 merges \"12 9\"");
  }

  @Test
  void word_pieces_are_marked_where_words_begin() throws IOException {
    PlantedGguf file =
        new PlantedGguf()
            .text(GGML + "model", "bert")
            .texts(
                GGML + "tokens",
                "[PAD]",
                "[UNK]",
                "[CLS]",
                "[SEP]",
                "[MASK]",
                "[unused0]",
                "▁hello",
                "s",
                "▁s")
            .integers(GGML + "token_type", 3, 3, 3, 3, 3, 1, 1, 1, 1)
            .integer(GGML + "unknown_token_id", 1)
            .integer(GGML + "cls_token_id", 2)
            .integer(GGML + "seperator_token_id", 3);
    Tokenizer tokenizer = load(file);
    assertThat(tokenizer.encodeIds("Hellos s", true)).containsExactly(2, 6, 7, 8, 3);
    assertThat(tokenizer.token(5)).isEqualTo("[unused0]");
    assertThat(tokenizer.token(7)).isEqualTo("##s");
  }

  @Test
  void unigram_has_scores_and_a_map_of_characters() throws IOException {
    PlantedGguf file =
        new PlantedGguf()
            .text(GGML + "model", "t5")
            .texts(GGML + "tokens", "<pad>", "</s>", "<unk>", "▁a", "b", "▁ab", "▁")
            .integers(GGML + "token_type", 3, 3, 2, 1, 1, 1, 1)
            .numbers(GGML + "scores", 0, 0, 0, -1, -2, -2.5f, -4)
            .flag(GGML + "add_eos_token", true);
    Tokenizer tokenizer = load(file);
    assertThat(tokenizer.encodeIds("  ab  b ", true)).containsExactly(5, 6, 4, 1);
    assertThat(tokenizer.padId()).hasValue(0);
    int[] damaged = IntStream.of(1, 2, 3).toArray();
    assertThatThrownBy(() -> load(file.integers(GGML + "precompiled_charsmap", damaged)))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("precompiled_charsmap is cut short");
  }

  @Test
  void a_file_without_what_its_kind_needs_is_an_error() {
    assertThatThrownBy(() -> load(new PlantedGguf().text(GGML + "model", "llama")))
        .hasMessageContaining("model.gguf holds no vocabulary");
    assertThatThrownBy(() -> load(llama().numbers(GGML + "scores", 1)))
        .hasMessageContaining("has 267 tokens, but scores of 1");
    assertThatThrownBy(() -> load(llama().integers(GGML + "token_type", 1)))
        .hasMessageContaining("has 267 tokens, but types of 1");
    assertThatThrownBy(() -> load(llama().text(GGML + "model", "rwkv")))
        .hasMessageContaining("a tokenizer of model \"rwkv\"");
  }
}
