package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Places from ids alone against those that the library says. */
class TokenPlacesTest {
  /** What normalizers, byte fallback, trimming and special tokens could stumble over. */
  static final List<String> PIECES =
      List.of(
          "a",
          "b",
          "ab",
          " ",
          "  ",
          "\n",
          "\r\n",
          "\t",
          "\u00a0",
          "\u2028",
          "\ufeff",
          "\u0000",
          "é",
          "e\u0301",
          "\u0301",
          "ﬁ",
          "Å",
          "각",
          "\u1100\u1161",
          "日本",
          "▁",
          "Ġ",
          "<",
          "<0x41>",
          "🙂",
          "👩‍👩‍👧",
          "\ud83d",
          "\ude42",
          "\uE000",
          "<s>",
          "</s>",
          "<unk>",
          "<|im_start|>",
          "<|im_end|>",
          "<|endoftext|>",
          "The birch canoe",
          "1234",
          "'s",
          "...",
          "ß");

  @Property(tries = 1000)
  void places_are_those_of_the_library(
      @ForAll @Size(max = 12) List<@net.jqwik.api.constraints.IntRange(max = 39) Integer> pieces) {
    StringBuilder text = new StringBuilder();
    pieces.forEach(i -> text.append(PIECES.get(i % PIECES.size())));
    for (Tokenizer tokenizer : List.of(TestTokenizers.chat(), TestTokenizers.sentencePiece())) {
      check(tokenizer, text.toString());
    }
  }

  @Test
  void plain_texts_need_no_library() {
    for (Tokenizer tokenizer : List.of(TestTokenizers.chat(), TestTokenizers.sentencePiece())) {
      for (String text : List.of("ab", "a <s>ab", "é🙂 b", "", "▁a".substring(1))) {
        assertThat(tokenizer.placesKnown(text)).as(text).isTrue();
      }
    }
    assertThat(TestTokenizers.sentencePiece().placesKnown("▁")).isFalse();
  }

  @Test
  void a_bos_that_stands_for_no_text_is_left_to_the_library(@TempDir Path folder) {
    Tokenizer tokenizer = TestTokenizers.write(folder, 400, TestTokenizers.roles(true));
    Encoding encoding = tokenizer.encode("The birch", true);
    assertThat(encoding.ids()[0]).isZero();
    assertThat(encoding.ends()[0]).isZero();
    assertThat(encoding.ends()[encoding.length() - 1]).isEqualTo(9);
  }

  static void check(Tokenizer tokenizer, String text) {
    Encoding expected = tokenizer.encodeByLibrary(text);
    Encoding found = tokenizer.encode(text, false);
    assertThat(found.ids()).isEqualTo(expected.ids());
    assertThat(found.starts()).as(text).isEqualTo(expected.starts());
    assertThat(found.ends()).as(text).isEqualTo(expected.ends());
  }
}
