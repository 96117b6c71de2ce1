package dev.luthier.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.TokenSequence;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.NativeObjects;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.Evaluator;
import dev.luthier.train.TinyLlama;
import dev.luthier.train.WeightSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class PerplexityTest {
  private static final Tokenizer TOKENIZER = TestTokenizers.chat(); // no BOS; EOS is <|im_end|>
  private static final Transformer MODEL = TinyLlama.full(3, TinyLlama.TEXT_CONFIG);
  private static final String TEXT = "The birch canoe slid on the smooth planks. ".repeat(12);

  private static Perplexity of(String text, int window) {
    return Perplexity.of(MODEL, TOKENIZER, text, OptionalInt.of(window), n -> {});
  }

  @Test
  void windows_score_every_token_of_the_text_once() {
    int[] ids = TOKENIZER.encodeIds(TEXT, false);
    Perplexity result = of(TEXT, 17);
    List<TokenSequence> windows = new ArrayList<>();
    for (int from = 0; from < ids.length; from += 16) {
      int to = Math.min(ids.length, from + 16);
      int[] window = new int[to - from + 1];
      window[0] = TOKENIZER.eosId().getAsInt();
      System.arraycopy(ids, from, window, 1, to - from);
      windows.add(new TokenSequence(window, window, windows.size() + 1));
    }
    Evaluator.Score expected = score(new Collator(0).unpacked(windows));
    assertThat(result.tokens()).isEqualTo(ids.length).isEqualTo(expected.labelTokens());
    assertThat(result.windows()).isEqualTo(windows.size()).isGreaterThan(5);
    assertThat(result.nllPerToken()).isCloseTo(expected.perToken(), Offset.offset(1e-5));
    assertThat(result.perplexity()).isEqualTo(Math.exp(result.nllPerToken()));
    assertThat(result.prefix()).isEqualTo(Perplexity.Prefix.EOS).hasToString("eos");
  }

  @Test
  void packed_rows_have_the_loss_of_unpacked_ones() {
    int[] ids = Arrays.copyOf(TOKENIZER.encodeIds(TEXT, false), 90);
    List<TokenSequence> documents = new ArrayList<>();
    int from = 0;
    for (int length : new int[] {30, 11, 2, 25, 22}) {
      int[] part = Arrays.copyOfRange(ids, from, from + length);
      documents.add(new TokenSequence(part, part, documents.size() + 1));
      from += length;
    }
    double unpacked = score(new Collator(0).unpacked(documents)).perToken();
    List<List<TokenSequence>> rows = List.of(documents.subList(0, 3), documents.subList(3, 5));
    assertThat(score(new Collator(0).packed(rows)).perToken())
        .isCloseTo(unpacked, Offset.offset(1e-5));
    assertThat(score(new Collator(0, 64).packed(rows)).perToken())
        .isCloseTo(unpacked, Offset.offset(1e-5));
  }

  private static Evaluator.Score score(Batch batch) {
    return new Evaluator(new BlockwiseStep(MODEL, WeightSource.of(MODEL))).score(List.of(batch));
  }

  @Test
  void a_text_without_tokens_and_windows_beyond_the_context_are_errors() {
    assertThatThrownBy(() -> of("", 16)).isInstanceOf(LuthierException.class);
    assertThatThrownBy(() -> of(TEXT, 129))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("128");
  }

  @Test
  void leaves_no_native_object_behind() {
    assertThat(NativeObjects.leftBehindBy(() -> of(TEXT, 64))).isZero();
  }
}
