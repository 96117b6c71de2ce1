package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class IncrementalDecoderTest {
  private final Tokenizer tokenizer = TestTokenizers.chat();
  private final Tokenizer sentencePiece = TestTokenizers.sentencePiece();

  @Property(tries = 300)
  void pieces_join_to_the_text_and_no_piece_is_half_a_character(@ForAll("texts") String text) {
    int[] ids = tokenizer.encodeIds(text, false);
    IncrementalDecoder decoder = new IncrementalDecoder(tokenizer, false);
    StringBuilder joined = new StringBuilder();
    for (int id : ids) {
      String piece = decoder.next(id);
      joined.append(piece);
      assertThat(text).startsWith(joined);
    }
    joined.append(decoder.finish());
    assertThat(joined).hasToString(text);
  }

  @Property(tries = 300)
  void any_ids_whatever_decode_as_they_do_at_once(
      @ForAll("ids") List<Integer> list, @ForAll boolean skipSpecialTokens) {
    int[] ids = list.stream().mapToInt(id -> id).toArray();
    IncrementalDecoder decoder = new IncrementalDecoder(tokenizer, skipSpecialTokens);
    StringBuilder joined = new StringBuilder();
    Arrays.stream(ids).forEach(id -> joined.append(decoder.next(id)));
    joined.append(decoder.finish());
    assertThat(joined).hasToString(tokenizer.decode(ids, skipSpecialTokens));
  }

  @Test
  void an_emoji_of_several_tokens_comes_out_whole() {
    int[] ids = tokenizer.encodeIds("x\uD83E\uDD9E!", false);
    IncrementalDecoder decoder = new IncrementalDecoder(tokenizer, true);
    List<String> pieces =
        Arrays.stream(ids).mapToObj(decoder::next).filter(piece -> !piece.isEmpty()).toList();
    assertThat(ids).hasSizeGreaterThan(3);
    assertThat(pieces).containsExactly("x", "\uD83E\uDD9E", "!");
    assertThat(decoder.finish()).isEmpty();
  }

  @Test
  void half_a_character_at_the_very_end_reads_as_the_replacement_character() {
    int[] ids = tokenizer.encodeIds("\uD83E\uDD9E", false);
    IncrementalDecoder decoder = new IncrementalDecoder(tokenizer, true);
    assertThat(decoder.next(ids[0])).isEmpty();
    assertThat(decoder.finish()).isEqualTo("\uFFFD");
    // And then it begins anew.
    assertThat(decoder.next(tokenizer.encodeIds("a", false)[0])).isEqualTo("a");
  }

  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> odd =
        Arbitraries.of(
            "🙂",
            "👩‍👩‍👧",
            "e\u0301",
            "日本",
            "\r\n",
            "\uFFFD",
            "  ",
            "<|im_end|>",
            "\u0000",
            "word");
    // Code points of all planes but the surrogates, which are no characters.
    Arbitrary<String> any =
        Arbitraries.integers()
            .between(0, 0x10FFFF)
            .filter(c -> c < 0xD800 || c > 0xDFFF)
            .map(Character::toString);
    return Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(1, odd),
            net.jqwik.api.Tuple.of(1, any),
            net.jqwik.api.Tuple.of(2, Arbitraries.strings().alpha().ofMaxLength(5)))
        .list()
        .ofMaxSize(20)
        .map(parts -> String.join("", parts));
  }

  @Provide
  Arbitrary<List<Integer>> ids() {
    return Arbitraries.integers().between(0, 420).list().ofMaxSize(30);
  }

  @Property(tries = 300)
  void byte_fallback_decodes_one_by_one_as_at_once(
      @ForAll("sentencePieceIds") List<Integer> list, @ForAll boolean skipSpecialTokens) {
    int[] ids = list.stream().mapToInt(id -> id).toArray();
    IncrementalDecoder decoder = new IncrementalDecoder(sentencePiece, skipSpecialTokens);
    StringBuilder joined = new StringBuilder();
    Arrays.stream(ids).forEach(id -> joined.append(decoder.next(id)));
    joined.append(decoder.finish());
    assertThat(joined).hasToString(sentencePiece.decode(ids, skipSpecialTokens));
  }

  @Test
  void the_space_before_a_word_is_kept_but_at_the_beginning() {
    IncrementalDecoder decoder = new IncrementalDecoder(sentencePiece, true);
    int[] ids = sentencePiece.encodeIds("ab 🙂 ab", true);
    List<String> pieces =
        Arrays.stream(ids).mapToObj(decoder::next).filter(piece -> !piece.isEmpty()).toList();
    // The emoji's bytes are certain when another token follows them.
    assertThat(pieces).containsExactly("ab", " ", "🙂 ab");
  }

  /** Mostly the bytes of two emoji in all orders, words, and special tokens. */
  @Provide
  Arbitrary<List<Integer>> sentencePieceIds() {
    Arbitrary<Integer> bytes =
        Arbitraries.of(0xF0, 0x9F, 0x99, 0x82, 0xC3, 0xA9, 0x41).map(b -> 3 + b);
    return Arbitraries.oneOf(
            bytes, Arbitraries.integers().between(259, 266), Arbitraries.of(0, 1, 2))
        .list()
        .ofMaxSize(30);
  }
}
