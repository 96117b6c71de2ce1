package dev.luthier.eval;

import dev.luthier.LuthierException;
import dev.luthier.generate.Inference;
import dev.luthier.model.Transformer;
import dev.luthier.model.Transformer.Kind;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import dev.luthier.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How far a second model's predictions are from a first one's: {@code KL(p || q) = sum over tokens
 * v of p(v) (ln p(v) - ln q(v))}, the mean over all places of a text (Kullback and Leibler, "On
 * Information and Sufficiency", 1951). 0 where both predict the same.
 *
 * @param kl nats per token
 * @param first the first model's perplexity of the text; NaN if it predicts no next tokens, as
 *     encoders and classifiers do not
 * @param second the second's
 * @param tokens places compared
 */
public record Divergence(double kl, double first, double second, int tokens) {
  /** Tokens of a text that are looked at: the first model's distributions are kept for all. */
  public static final int MOST_TOKENS = 512;

  /** Tokens whose logits of the second model exist at once. */
  private static final int CHUNK = 64;

  /**
   * The beginning of a text as ids, after BOS (EOS where the tokenizer has none).
   *
   * @param most ids
   * @throws LuthierException if there is nothing to predict
   */
  public static long[] slice(Tokenizer tokenizer, String text, int most) {
    OptionalInt prefix = tokenizer.bosId().isPresent() ? tokenizer.bosId() : tokenizer.eosId();
    int[] ids = tokenizer.encodeIds(text, false);
    int begin = prefix.isPresent() ? 1 : 0;
    long[] out = new long[Math.min(most, begin + ids.length)];
    if (out.length < 2) {
      throw new LuthierException(
          "the text has "
              + ids.length
              + " tokens, none of which can be predicted; give a longer one");
    }
    prefix.ifPresent(id -> out[0] = id);
    for (int i = begin; i < out.length; i++) {
      out[i] = ids[i - begin];
    }
    return out;
  }

  /**
   * Compares two models of one vocabulary and task, which are loaded one after the other; the first
   * is released before the second is asked for. Of a model with an encoder and a decoder both read
   * the text. Of labels, those that a classifier would give at each place are compared; a single
   * number counts as log-odds.
   *
   * @param ids at most {@link #MOST_TOKENS}; each but the first is predicted
   */
  public static Divergence of(
      long[] ids, Supplier<Transformer> first, Supplier<Transformer> second) {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      int count = ids.length - 1;
      Tensor targets = Tensors.longs(Arrays.copyOfRange(ids, 1, ids.length), Device.CPU, count, 1);
      Transformer model = first.get();
      boolean next = model.kind() != Kind.ENCODER && model.task().isLanguage();
      Tensor p = logProbs(model, ids); // (T - 1, V)
      release(model);
      double[] sums = new double[2]; // of the divergence, and of ln q of the text
      model = second.get();
      forChunks(
          model,
          ids,
          (from, q) -> {
            Tensor own = p.narrow(0, from, q.size(0));
            sums[0] += sum(own.exp().mul_(own.sub(q)));
            sums[1] += next ? sum(q.gather(1, targets.narrow(0, from, q.size(0)))) : Double.NaN;
          });
      release(model);
      double own = next ? sum(p.gather(1, targets)) : Double.NaN;
      return new Divergence(
          Math.max(0, sums[0] / count), Math.exp(-own / count), Math.exp(-sums[1] / count), count);
    }
  }

  private static double sum(Tensor floats) {
    return floats.sum(new ScalarTypeOptional(ScalarType.Double)).item_double();
  }

  private static Tensor logProbs(Transformer model, long[] ids) {
    int classes = model.task().isLanguage() ? model.shape().vocabulary() : model.task().labels();
    Tensor all =
        torch.empty(
            new long[] {ids.length - 1, Math.max(2, classes)},
            Tensors.options(ScalarType.Float, Device.CPU),
            null);
    forChunks(model, ids, (from, p) -> all.narrow(0, from, p.size(0)).copy_(p));
    return all;
  }

  /** Takes the log-probabilities (n, V) at the places from {@code from} on. */
  private interface Chunk {
    void take(long from, Tensor logProbs);
  }

  private static void forChunks(Transformer model, long[] ids, Chunk chunk) {
    int source = model.kind() == Kind.ENCODER_DECODER ? ids.length : 0;
    int length = source + ids.length;
    long[] positions = new long[length];
    Arrays.setAll(positions, i -> i < source ? i : i - source);
    long[] documents = new long[length];
    Arrays.fill(documents, 1);
    long[] read = Arrays.copyOf(ids, length);
    System.arraycopy(ids, 0, read, source, ids.length);
    try (PointerScope scope = new PointerScope()) {
      Pass pass = model.pass(Places.whole(positions, documents, 1, length).withSource(source));
      Tensor tokens = model.tokens(read, 1, length);
      Tensor all = Inference.hidden(model, tokens, pass, List.of()).select(0, 0); // (S + T, D)
      Tensor hidden = all.narrow(0, source, ids.length);
      for (int from = 0; from < ids.length - 1; from += CHUNK) {
        try (PointerScope inner = new PointerScope()) {
          Tensor part = hidden.narrow(0, from, Math.min(CHUNK, ids.length - 1 - from));
          Tensor logits = Inference.logits(model, part, pass); // (n, V)
          if (logits.size(1) == 1) {
            logits = torch.cat(new TensorVector(logits, torch.zeros_like(logits)), 1);
          }
          chunk.take(from, Tensors.cpu(torch.log_softmax(logits, 1)));
        }
      }
    }
  }

  private static void release(Transformer model) {
    model.parameters().all().values().forEach(Tensors::release);
  }
}
