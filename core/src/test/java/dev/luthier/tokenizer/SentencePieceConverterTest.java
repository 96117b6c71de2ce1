package dev.luthier.tokenizer;

import static dev.luthier.tokenizer.SentencePieceFile.CONTROL;
import static dev.luthier.tokenizer.SentencePieceFile.NORMAL;
import static dev.luthier.tokenizer.SentencePieceFile.UNKNOWN;
import static dev.luthier.tokenizer.SentencePieceFile.USER_DEFINED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SentencePieceConverterTest {
  private static final int BPE = 2;

  @TempDir private Path folder = Path.of("");

  /** The vocabulary of {@link TestTokenizers#sentencePiece}, scored by its merges' order. */
  static SentencePieceFile llama() {
    return new SentencePieceFile()
        .withBytes()
        .piece("▁", -10, NORMAL)
        .piece("a", -11, NORMAL)
        .piece("b", -12, NORMAL)
        .piece("ab", -1, NORMAL)
        .piece("▁ab", -2, NORMAL)
        .piece("▁a", -3, NORMAL)
        .piece("▁▁", -4, NORMAL)
        .trainer(3, BPE)
        .trainer(43, -1)
        .normalizer(4, false);
  }

  private Tokenizer load(SentencePieceFile file) throws IOException {
    file.write(folder.resolve("tokenizer.model"));
    return Tokenizer.load(folder);
  }

  @Test
  void byte_pairs_are_those_of_the_same_vocabulary_as_tokenizer_json() throws IOException {
    Tokenizer expected = TestTokenizers.sentencePiece();
    Tokenizer tokenizer = load(llama());
    for (String text : List.of("", "ab", " a  b ab", "ba<s>ab</s> a", "é🙂 ab", "a\n\tb", "▁a ")) {
      assertThat(tokenizer.encodeIds(text, true))
          .as(text)
          .isEqualTo(expected.encodeIds(text, true));
      int[] ids = expected.encodeIds(text, false);
      assertThat(tokenizer.decode(ids, false)).isEqualTo(expected.decode(ids, false));
    }
    assertThat(tokenizer.remembersWords()).isTrue();
  }

  @Test
  void roles_come_from_the_model_where_no_file_names_them() throws IOException {
    Tokenizer tokenizer = load(llama());
    assertThat(tokenizer.bosToken()).contains("<s>");
    assertThat(tokenizer.eosToken()).contains("</s>");
    assertThat(tokenizer.unkToken()).contains("<unk>");
    assertThat(tokenizer.padToken()).isEmpty();
    assertThat(tokenizer.addBosToken()).isTrue();
    assertThat(tokenizer.specialIds()).containsExactlyInAnyOrder(0, 1, 2);

    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"add_bos_token\": false, \"eos_token\": \"ab\", \"pad_token\": \"[PAD]\"}");
    Tokenizer configured = Tokenizer.load(folder);
    assertThat(configured.eosToken()).contains("ab");
    assertThat(configured.addBosToken()).isFalse();
    assertThat(configured.bosToken()).contains("<s>");
    // no piece spells it: it is the next after all
    assertThat(configured.padId()).hasValue(266);
    assertThat(configured.encodeIds("a[PAD]", false)).containsExactly(264, 266);
  }

  @Test
  void no_space_is_put_before_the_text_where_the_model_says_so() throws IOException {
    Tokenizer gemma = load(llama().normalizer(3, false));
    assertThat(gemma.encodeIds("ab ab", false)).containsExactly(262, 263);
    assertThat(gemma.decode(new int[] {263, 262}, false)).isEqualTo(" abab");
  }

  @Test
  void extra_spaces_are_dropped_where_the_model_says_so_and_line_feeds_kept() throws IOException {
    Tokenizer tokenizer = load(llama().normalizer(4, true));
    assertThat(tokenizer.encodeIds("  ab  a \n b ", false))
        .containsExactly(263, 264, 259, 3 + '\n', 259, 261);
    assertThat(tokenizer.encodeIds("  ", false)).isEmpty();
  }

  /** As Mistral's files say it: control tokens of their own and {@code legacy} false. */
  @Test
  void only_the_beginning_gets_a_space_where_the_files_mean_it() throws IOException {
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"legacy\": false}");
    Tokenizer llama2 = load(llama());
    assertThat(llama2.encodeIds("ab</s>ab", false)).containsExactly(263, 2, 263);
    Tokenizer mistral = load(llama().piece("[INST]", 0, CONTROL));
    assertThat(mistral.encodeIds("ab[INST]ab[INST] ab", false))
        .containsExactly(263, 266, 262, 266, 263);
  }

  @Test
  void user_defined_pieces_are_found_before_all_else_and_are_not_special() throws IOException {
    Tokenizer tokenizer = load(llama().piece("bab", 0, USER_DEFINED));
    assertThat(tokenizer.encodeIds("abab", false)).containsExactly(264, 266);
    assertThat(tokenizer.specialIds()).doesNotContain(266);
  }

  @Test
  void an_added_token_takes_a_reserved_piece() throws IOException {
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"added_tokens_decoder": {"266": {"content": "<|user|>", "special": true},
                                  "267": {"content": "<|end|>", "special": true}}}""");
    Tokenizer tokenizer = load(llama().piece("<unused0>", 0, USER_DEFINED));
    assertThat(tokenizer.encodeIds("<|user|>a<|end|>", false)).containsExactly(266, 264, 267);
    assertThat(tokenizer.idOf("<unused0>")).isEmpty();
  }

  /** ids: unk 0, eos 1, ▁a 2, b 3, ▁ab 4, ▁ 5, a 6. */
  static SentencePieceFile unigram() {
    return new SentencePieceFile()
        .piece("<unk>", 0, UNKNOWN)
        .piece("</s>", 0, CONTROL)
        .piece("▁a", -1, NORMAL)
        .piece("b", -2, NORMAL)
        .piece("▁ab", -2.5, NORMAL)
        .piece("▁", -4, NORMAL)
        .piece("a", -5, NORMAL)
        .trainer(3, 1)
        .trainer(41, -1)
        .trainer(42, 1);
  }

  @Test
  void unigram_takes_the_likeliest_pieces_and_drops_extra_spaces() throws IOException {
    Tokenizer tokenizer = load(unigram());
    // ▁ab: -2.5, likelier than ▁a b: -3
    assertThat(tokenizer.encodeIds("ab", false)).containsExactly(4);
    assertThat(tokenizer.encodeIds("  a   bb ", false)).containsExactly(2, 5, 3, 3);
    assertThat(tokenizer.encodeIds("ax", true)).containsExactly(2, 0);
    assertThat(tokenizer.eosToken()).contains("</s>");
    assertThat(tokenizer.bosToken()).isEmpty();
  }

  @Test
  void t5_has_sentinels_after_its_pieces_and_ends_texts() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"t5\"}");
    Tokenizer tokenizer = load(unigram());
    assertThat(tokenizer.vocabSize()).isEqualTo(107);
    assertThat(tokenizer.idOf("<extra_id_0>")).hasValue(106);
    assertThat(tokenizer.encodeIds("a<extra_id_99>", true)).containsExactly(2, 7, 1);
  }

  @Test
  void a_hole_in_a_unigram_vocabulary_is_an_error() throws IOException {
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"added_tokens_decoder\": {\"9\": {\"content\": \"<|x|>\", \"special\": true}}}");
    assertThatThrownBy(() -> load(unigram()))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("tokenizer.model has no token with id 7")
        .hasMessageContaining("<|x|>");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 5, 20, 100, 3000})
  void a_model_that_is_cut_short_is_an_error(int bytes) throws IOException {
    Files.write(folder.resolve("tokenizer.model"), Arrays.copyOf(llama().content(), bytes));
    assertThatThrownBy(() -> Tokenizer.load(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("tokenizer.model")
        .hasMessageContaining("Download it again");
  }

  /**
   * Wherever it ends, and whatever a byte of it becomes, there is a tokenizer or an explanation.
   */
  @Test
  void damage_never_ends_in_anything_but_an_explanation() throws IOException {
    byte[] whole = unigram().content();
    for (int at = 0; at < whole.length; at++) {
      for (int mask : new int[] {1, 0x80, 0xFF}) {
        byte[] damaged = whole.clone();
        damaged[at] ^= (byte) mask;
        Path file = Files.write(folder.resolve("tokenizer.model"), damaged);
        try {
          SentencePieceModel.read(file);
        } catch (LuthierException e) {
          assertThat(e).hasMessageContaining("tokenizer.model is not a whole");
        }
      }
    }
  }

  @Test
  void other_types_of_models_are_refused_by_name() throws IOException {
    assertThatThrownBy(() -> load(unigram().trainer(3, 4)))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("of type CHAR; only BPE and UNIGRAM");
  }

  @Test
  void a_model_under_any_name_is_found_and_tokenizer_json_goes_before_it() throws IOException {
    llama().write(folder.resolve("mine.model"));
    assertThat(Tokenizer.load(folder).vocabSize()).isEqualTo(266);
    assertThat(Tokenizer.load(folder.resolve("mine.model")).vocabSize()).isEqualTo(266);
    Files.copy(
        TestTokenizers.chatFolder().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    assertThat(Tokenizer.load(folder).vocabSize()).isEqualTo(400);
    assertThat(TokenizerSource.in(folder).map(TokenizerSource::kind))
        .isEqualTo(Optional.of(TokenizerSource.Kind.TOKENIZER_JSON));
  }
}
