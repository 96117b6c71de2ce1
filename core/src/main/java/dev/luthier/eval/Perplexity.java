package dev.luthier.eval;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.data.Batch;
import dev.luthier.model.Transformer;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.WeightSource;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.function.IntConsumer;
import org.bytedeco.javacpp.PointerScope;

/**
 * How well a model predicts a text: exp of the mean of {@code -ln p(token | tokens before it in its
 * window)} over all tokens of the text.
 *
 * <p>The text is cut into windows that do not overlap, each as long as the model's context. Every
 * window begins with one prefix token (BOS; EOS where the tokenizer has no BOS, as GPT-2 was
 * trained), which is not scored, so that every token of the text is scored exactly once. Without
 * either token, the first token of each window is not scored.
 *
 * <p>Example with a context of 4 and the text {@code 5 6 7 8 9}: windows {@code BOS 5 6 7} and
 * {@code BOS 8 9}, five tokens scored.
 *
 * @param perplexity exp(nllPerToken)
 * @param nllPerToken mean negative log-likelihood, nats per token
 * @param tokens tokens scored
 * @param windows how many windows
 * @param windowLength tokens per window, the prefix included
 * @param prefix what stands before each window
 */
public record Perplexity(
    double perplexity,
    double nllPerToken,
    long tokens,
    int windows,
    int windowLength,
    Prefix prefix) {

  /** The unscored token that each window begins with. */
  public enum Prefix {
    /** The beginning-of-text token. */
    BOS,
    /** The end-of-text token. */
    EOS,
    /** There is none. */
    NONE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * The perplexity of a text.
   *
   * @param window tokens per window, at most the model's context, which it is where empty
   * @param progress is told after each window how many were scored
   * @throws LuthierException when the text has no token to score, or the model is no decoder
   */
  public static Perplexity of(
      Transformer model,
      Tokenizer tokenizer,
      String text,
      OptionalInt window,
      IntConsumer progress) {
    if (model.kind() != Transformer.Kind.DECODER || !model.task().isLanguage()) {
      throw new LuthierException(
          "the perplexity of a text is that of a decoder, which predicts each token from those"
              + " before it; the loss of T5 is luthier evaluate's, that of an encoder what luthier"
              + " pretrain and sft tell of data.eval");
    }
    int[] ids = tokenizer.encodeIds(text, false);
    OptionalInt bos = tokenizer.bosId();
    if (bos.isPresent() || tokenizer.eosId().isEmpty()) {
      Prefix prefix = bos.isPresent() ? Prefix.BOS : Prefix.NONE;
      return of(model, ids, bos, prefix, window, progress);
    }
    return of(model, ids, tokenizer.eosId(), Prefix.EOS, window, progress);
  }

  private static Perplexity of(
      Transformer model,
      int[] ids,
      OptionalInt first,
      Prefix prefix,
      OptionalInt window,
      IntConsumer progress) {
    int length = length(model, window);
    int begin = first.isPresent() ? 1 : 0;
    int fresh = length - begin;
    BlockwiseStep step = new BlockwiseStep(model, WeightSource.of(model));
    double sum = 0;
    long count = 0;
    int windows = 0;
    for (int from = 0; from < ids.length; from += fresh) {
      long[] tokens = new long[begin + Math.min(fresh, ids.length - from)];
      first.ifPresent(id -> tokens[0] = id);
      for (int i = begin; i < tokens.length; i++) {
        tokens[i] = ids[from + i - begin];
      }
      if (tokens.length > 1) {
        sum += nll(step, tokens);
        count += tokens.length - 1;
      }
      progress.accept(++windows);
    }
    if (count == 0) {
      throw new LuthierException(
          "the text has " + ids.length + " tokens, none of which can be scored; give a longer one");
    }
    return new Perplexity(Math.exp(sum / count), sum / count, count, windows, length, prefix);
  }

  private static int length(Transformer model, OptionalInt window) {
    int context = model.shape().maxPositions();
    int length = window.orElse(context);
    if (length < 2 || length > context) {
      throw new UsageException(
          "--window is " + length + "; use 2 up to the model's context of " + context);
    }
    return length;
  }

  private static double nll(BlockwiseStep step, long[] tokens) {
    Batch batch =
        Batch.of(new long[][] {tokens}, new long[][] {Arrays.copyOf(tokens, tokens.length)});
    try (PointerScope scope = new PointerScope()) {
      return -step.logProbs(batch).sum().item_double();
    }
  }
}
