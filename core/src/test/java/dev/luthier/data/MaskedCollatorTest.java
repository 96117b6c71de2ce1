package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.LuthierException;
import dev.luthier.format.AtomicFile;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MaskedCollatorTest {
  private static final List<String> WORDS =
      List.of("the", "cat", "sat", "on", "mat", "un", "##want", "##ed", "run", "##ning", ".", ",");

  private static final Tokenizer WORD_PIECE = wordPiece();
  private static final MaskedEncoder ENCODER = new MaskedEncoder(WORD_PIECE);

  private static Tokenizer wordPiece() {
    List<String> vocabulary = new ArrayList<>();
    vocabulary.addAll(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
    vocabulary.addAll(WORDS);
    try {
      Path folder = Files.createTempDirectory("wordpiece");
      Files.write(folder.resolve("vocab.txt"), vocabulary);
      Files.writeString(
          folder.resolve("tokenizer_config.json"), "{\"tokenizer_class\": \"BertTokenizer\"}");
      Tokenizer tokenizer = Tokenizer.load(folder);
      AtomicFile.deleteTree(folder);
      return tokenizer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Texts of 1 to 60 words. */
  private static List<TokenSequence> documents(int count) {
    Random random = new Random(5);
    List<String> words =
        List.of("the", "cat", "sat", "on", "mat", "unwanted", "running", ".", "zz");
    return IntStream.rangeClosed(1, count)
        .mapToObj(
            row -> {
              String text =
                  "the "
                      + random
                          .ints(2 + random.nextInt(59), 0, words.size())
                          .mapToObj(words::get)
                          .collect(Collectors.joining(" "));
              return ENCODER.encode(new Row(row, new Example.Text(text))).sequence();
            })
        .toList();
  }

  private static MaskedCollator collator(boolean wholeWord) {
    return new MaskedCollator(WORD_PIECE, new MaskSettings(0.15, wholeWord), 1, 7);
  }

  private static List<List<TokenSequence>> alone(List<TokenSequence> documents) {
    return documents.stream().map(List::of).toList();
  }

  @Test
  void of_the_tokens_15_per_cent_are_chosen_and_of_those_80_10_10_masked_random_and_kept() {
    List<TokenSequence> documents = documents(4000);
    Batch batch = collator(false).make(alone(documents), 0);
    int maskable = 0;
    int chosen = 0;
    int masked = 0;
    int kept = 0;
    for (int r = 0; r < documents.size(); r++) {
      TokenSequence d = documents.get(r);
      for (int i = 0; i < batch.length(); i++) {
        int at = r * batch.length() + i;
        boolean may = i < d.length() && !WORD_PIECE.specialIds().contains(d.tokens()[i]);
        maskable += may ? 1 : 0;
        if (batch.labels()[at] == TokenSequence.IGNORED) {
          assertThat(batch.tokens()[at]).isEqualTo(i < d.length() ? d.tokens()[i] : 0);
          continue;
        }
        assertThat(may).isTrue();
        assertThat(batch.labels()[at]).isEqualTo(d.tokens()[i]);
        chosen++;
        masked += batch.tokens()[at] == 4 ? 1 : 0;
        kept += batch.tokens()[at] == d.tokens()[i] ? 1 : 0;
        assertThat(batch.tokens()[at] == 4 || batch.tokens()[at] > 4).isTrue();
      }
    }
    // five standard deviations of a binomial, and 0.1 % for texts so short that one is chosen
    double share = (double) chosen / maskable;
    assertThat(share).isCloseTo(0.15, within(0.001 + 5 * Math.sqrt(0.15 * 0.85 / maskable)));
    double spread = 5 * Math.sqrt(0.25 / chosen);
    assertThat((double) masked / chosen).isCloseTo(0.8, within(spread));
    // a random token is the same one in 12
    assertThat((double) kept / chosen).isCloseTo(0.1 + 0.1 / WORDS.size(), within(spread));
    assertThat(batch.form().inPlace()).isTrue();
  }

  @Test
  void masks_follow_from_seed_pass_and_document_and_not_from_what_is_beside_it() {
    List<TokenSequence> documents = documents(6);
    MaskedCollator collator = collator(false);
    Batch one = collator.make(List.of(List.of(documents.get(3))), 2);
    Batch packed = collator.make(List.of(documents), 2);
    int from = documents.subList(0, 3).stream().mapToInt(TokenSequence::length).sum();
    int to = from + documents.get(3).length();
    assertThat(Arrays.copyOfRange(packed.tokens(), from, to)).isEqualTo(one.tokens());
    assertThat(Arrays.copyOfRange(packed.labels(), from, to)).isEqualTo(one.labels());
    assertThat(collator.make(List.of(documents), 3).labels()).isNotEqualTo(packed.labels());
    long[] fixed = collator.make(List.of(documents), BatchMaker.EVALUATION).labels();
    assertThat(collator(false).make(List.of(documents), BatchMaker.EVALUATION).labels())
        .isEqualTo(fixed);
    MaskedCollator other = new MaskedCollator(WORD_PIECE, MaskSettings.defaults(), 1, 8);
    assertThat(other.make(List.of(documents), 2).labels()).isNotEqualTo(packed.labels());
  }

  @Test
  void whole_words_are_chosen_together() {
    List<TokenSequence> documents = documents(500);
    Batch batch = collator(true).make(alone(documents), 0);
    int words = 0;
    for (int r = 0; r < documents.size(); r++) {
      int[] ids = documents.get(r).tokens();
      for (int i = 1; i < ids.length; i++) {
        int at = r * batch.length() + i;
        if (WORD_PIECE.token(ids[i]).startsWith("##")) {
          boolean chosen = batch.labels()[at] != TokenSequence.IGNORED;
          assertThat(chosen).isEqualTo(batch.labels()[at - 1] != TokenSequence.IGNORED);
          words += chosen ? 1 : 0;
        }
      }
    }
    assertThat(words).isGreaterThan(100);
  }

  @Test
  void byte_level_words_begin_with_a_space_or_a_mark() {
    Tokenizer tokenizer = TestTokenizers.chat();
    WordStarts words = new WordStarts(tokenizer);
    int[] ids = tokenizer.encodeIds("planks, smoothed", false);
    StringBuilder cut = new StringBuilder(tokenizer.token(ids[0]));
    for (int i = 1; i < ids.length; i++) {
      cut.append(words.goesOn(ids[i - 1], ids[i]) ? "" : "|").append(tokenizer.token(ids[i]));
    }
    assertThat(cut).hasToString("planks|,|Ġsmoothed");
  }

  @Test
  void a_tokenizer_without_a_mask_is_refused() {
    assertThatThrownBy(() -> new MaskedEncoder(TestTokenizers.chat()))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("no mask token")
        .hasMessageContaining("docs/troubleshooting.md#mask-token");
  }

  @Test
  void long_texts_go_on_in_further_sequences_that_begin_and_end_as_the_first() {
    TokenSequence whole = documents(40).stream().filter(d -> d.length() > 45).findFirst().get();
    List<TokenSequence> parts = ENCODER.pieces().of(whole, 20);
    List<Integer> together = new ArrayList<>();
    for (TokenSequence part : parts) {
      assertThat(part.length()).isLessThanOrEqualTo(20);
      assertThat(part.tokens()[0]).isEqualTo(2);
      assertThat(part.tokens()[part.length() - 1]).isEqualTo(3);
      assertThat(part.labels()[0]).isEqualTo(TokenSequence.IGNORED);
      assertThat(part.labels()[part.length() - 1]).isEqualTo(TokenSequence.IGNORED);
      Arrays.stream(part.tokens(), 1, part.length() - 1).forEach(together::add);
    }
    int[] inside = Arrays.copyOfRange(whole.tokens(), 1, whole.length() - 1);
    assertThat(together).containsExactlyElementsOf(Arrays.stream(inside).boxed().toList());
  }
}
