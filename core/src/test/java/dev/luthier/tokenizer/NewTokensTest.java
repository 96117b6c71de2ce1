package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.UsageException;
import dev.luthier.tokenizer.NewTokens.NewToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NewTokensTest {
  @TempDir private Path from = Path.of("");
  @TempDir private Path to = Path.of("");

  @Test
  void without_reserved_tokens_the_next_ids_are_taken() {
    Path model = TestTokenizers.chatFolder();
    List<NewToken> added = NewTokens.add(model, List.of("<|user|>", "<|im_end|>", "<|end|>"), to);
    assertThat(added)
        .containsExactly(
            new NewToken("<|user|>", 400, Optional.empty()),
            new NewToken("<|end|>", 401, Optional.empty()));
    Tokenizer before = Tokenizer.load(model);
    Tokenizer after = Tokenizer.load(to);
    assertThat(after.vocabSize()).isEqualTo(402);
    assertThat(after.specialIds()).contains(400, 401);
    assertThat(after.encodeIds("<|user|>\nThe<|end|><|im_end|>", false))
        .startsWith(400)
        .endsWith(401, before.idOf("<|im_end|>").orElseThrow());
    TestTokenizers.text()
        .forEach(
            text ->
                assertThat(after.encodeIds(text, true)).isEqualTo(before.encodeIds(text, true)));
  }

  @Test
  void reserved_word_pieces_are_renamed_first() throws IOException {
    Files.writeString(
        from.resolve("vocab.txt"),
        "[PAD]\n[unused0]\n[unused1]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\n");
    assertThat(NewTokens.add(from, List.of("[A]", "[B]", "[C]"), to))
        .containsExactly(
            new NewToken("[A]", 1, Optional.of("[unused0]")),
            new NewToken("[B]", 2, Optional.of("[unused1]")),
            new NewToken("[C]", 8, Optional.empty()));
    Tokenizer after = Tokenizer.load(to);
    assertThat(after.encodeIds("[A]hello[B] [C]", true)).containsExactly(4, 1, 7, 2, 8, 5);
    assertThat(after.idOf("[unused0]")).isEmpty();
    assertThat(after.decode(new int[] {1, 7}, false)).isEqualTo("[A] hello");
  }

  /** Gemma's way: in the vocabulary, and described in the config. */
  @Test
  void a_reserved_piece_that_the_config_describes_does_not_come_back() throws IOException {
    SentencePieceConverterTest.llama()
        .piece("<unused0>", 0, SentencePieceFile.USER_DEFINED)
        .write(from.resolve("tokenizer.model"));
    Files.writeString(
        from.resolve("tokenizer_config.json"),
        """
        {"additional_special_tokens": ["<unused0>"],
         "added_tokens_decoder": {"266": {"content": "<unused0>", "special": true}}}""");
    assertThat(NewTokens.add(from, List.of("<|x|>"), to))
        .containsExactly(new NewToken("<|x|>", 266, Optional.of("<unused0>")));
    Tokenizer after = Tokenizer.load(to);
    assertThat(after.encodeIds("a<|x|>", false)).containsExactly(264, 266);
    assertThat(after.idOf("<unused0>")).isEmpty();
    assertThat(after.vocabSize()).isEqualTo(267);
    // and once more, on the result
    assertThat(NewTokens.add(to, List.of("<|x|>", "<|y|>"), from))
        .containsExactly(new NewToken("<|y|>", 267, Optional.empty()));
  }

  @Test
  void unigram_vocabularies_take_them_too() throws IOException {
    SentencePieceConverterTest.unigram()
        .piece("<unused7>", 0, SentencePieceFile.CONTROL)
        .write(from.resolve("spiece.model"));
    NewTokens.add(from, List.of("<|x|>", "<|y|>"), to);
    assertThat(Tokenizer.load(to).encodeIds("a<|x|><|y|>", false)).containsExactly(2, 7, 8);
  }

  @Test
  void tokens_without_a_name_and_twice_the_same_are_refused() {
    Path model = TestTokenizers.chatFolder();
    assertThatThrownBy(() -> NewTokens.add(model, List.of(" "), to))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("is empty");
    assertThatThrownBy(() -> NewTokens.add(model, List.of("<|x|>", "<|x|>"), to))
        .hasMessageContaining("named twice");
  }
}
