package dev.luthier.train;

import dev.luthier.model.Transformer;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Tape;
import dev.luthier.nn.Value;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Tensors;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The final norm and output head over label tokens, chunk by chunk: (N, D) to log-probs (N) and, on
 * the way back, from the objective's gradient to that of the hidden states. Logits exist for one
 * chunk at a time.
 */
final class Head {
  /** Logits of a chunk in float32 stay near 32 MiB. */
  private static final int CHUNK_ELEMENTS = 8 << 20;

  /**
   * Rows of a product come in multiples of this: oneDNN compiles and keeps a kernel for every new
   * shape.
   */
  static final int ROW_STEP = 64;

  private static final int LOG_SUM = 0;
  private static final int LOG_PROB = 1;
  private static final int LARGEST = 2;

  private final Transformer model;
  private final Device device;
  private final int chunk;
  private final Optional<ValueHead> values;

  /**
   * @param chunk rows of logits that exist at a time
   * @param values for objectives that ask for them
   */
  Head(Transformer model, int chunk, Optional<ValueHead> values) {
    this.values = values;
    this.model = model;
    this.device = model.parameters().device();
    this.chunk = chunk;
  }

  /** Rows of a chunk where memory is no concern: larger ones are no faster. */
  static int chunk(int vocabulary) {
    return Math.max(1, CHUNK_ELEMENTS / vocabulary / ROW_STEP) * ROW_STEP;
  }

  /** What a visitor of chunks does with one. */
  private interface Visitor {
    void chunk(Tensor hidden, LabelTokens labels, int from);
  }

  /**
   * Loss over all label tokens; the gradients of the head's trainable weights are added to, and the
   * gradient of the hidden states is written.
   *
   * @param hidden (N, D), no gradient
   * @param gradient (N, D), written; null for the loss alone
   * @param scale what the gradient is multiplied by: 1 / the step's weight
   */
  double loss(
      Tensor hidden,
      LabelTokens labels,
      Objective objective,
      Pass pass,
      Tensor gradient,
      double scale) {
    if (objective.isTokenSum()) {
      double[] sum = {0};
      // Scores are few, and an objective may hold those of one row against another's.
      int most = objective.ofScores() ? Math.max(1, labels.count()) : chunk;
      visit(
          hidden,
          labels,
          most,
          (h, l, from) -> {
            Objective.Loss[] loss = new Objective.Loss[1];
            backward(
                h,
                l,
                pass,
                gradient.narrow(0, from, l.count()),
                objective.ofScores(),
                given ->
                    (loss[0] = objective.loss(given, l)).gradient().mul(Tensors.scalar(scale)));
            sum[0] += loss[0].sum();
          });
      return sum[0];
    }
    boolean valued = objective.isValued();
    Tensor given = valued ? valued(hidden, labels, pass) : logProbs(hidden, labels, pass);
    Objective.Loss loss = objective.loss(given, labels);
    Tensor all = loss.gradient().mul(Tensors.scalar(scale));
    Tensor scaled = valued ? all.select(0, 0) : all;
    visit(
        hidden,
        labels,
        (h, l, from) ->
            backward(
                h,
                l,
                pass,
                gradient.narrow(0, from, l.count()),
                false,
                logProbs -> scaled.narrow(0, from, l.count())));
    if (valued) {
      try (PointerScope scope = new PointerScope()) {
        values.orElseThrow().backward(hidden, pass, all.select(0, 1), gradient);
      }
    }
    return loss.sum();
  }

  /** Log-probs of the labels and, below them, values: (2, N), float32, without gradients. */
  Tensor valued(Tensor hidden, LabelTokens labels, Pass pass) {
    Tensor out =
        torch.empty(
            new long[] {2, labels.count()}, Tensors.options(ScalarType.Float, device), null);
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      out.select(0, 0).copy_(logProbs(hidden, labels, pass));
      out.select(0, 1).copy_(values.orElseThrow().values(hidden, pass));
    }
    return out;
  }

  /** Log-probs (N) of the labels, float32, without gradients. */
  Tensor logProbs(Tensor hidden, LabelTokens labels, Pass pass) {
    Tensor out =
        torch.empty(new long[] {labels.count()}, Tensors.options(ScalarType.Float, device), null);
    try (Grad off = Grad.off()) {
      visit(
          hidden,
          labels,
          (h, l, from) -> {
            Tensor measured = measure(logits(h, pass), targets(l));
            out.narrow(0, from, l.count()).copy_(measured.select(0, LOG_PROB));
          });
    }
    return out;
  }

  /**
   * Log-probs of the labels and, below them, 1 where the label has the largest logit and 0
   * elsewhere.
   *
   * @return (2, N), float32, without gradients
   */
  Tensor scores(Tensor hidden, LabelTokens labels, Pass pass) {
    Tensor out =
        torch.empty(
            new long[] {2, labels.count()}, Tensors.options(ScalarType.Float, device), null);
    try (Grad off = Grad.off()) {
      visit(
          hidden,
          labels,
          (h, l, from) -> {
            Tensor measured = measure(logits(h, pass), targets(l));
            out.narrow(1, from, l.count()).copy_(measured.narrow(0, LOG_PROB, 2));
          });
    }
    return out;
  }

  /** What the head gives for these (N, D): (N, V), float32, without gradients. */
  Tensor outputs(Tensor hidden, LabelTokens labels, Pass pass) {
    long width = model.head().out();
    Tensor out =
        torch.empty(
            new long[] {labels.count(), width}, Tensors.options(ScalarType.Float, device), null);
    try (Grad off = Grad.off()) {
      visit(hidden, labels, (h, l, from) -> out.narrow(0, from, l.count()).copy_(logits(h, pass)));
    }
    return out;
  }

  private void visit(Tensor hidden, LabelTokens labels, Visitor visitor) {
    visit(hidden, labels, chunk, visitor);
  }

  private static void visit(Tensor hidden, LabelTokens labels, int most, Visitor visitor) {
    for (int from = 0; from < labels.count(); from += most) {
      int to = Math.min(labels.count(), from + most);
      LabelTokens some = to - from == labels.count() ? labels : labels.slice(from, to);
      try (PointerScope scope = new PointerScope()) {
        visitor.chunk(hidden.narrow(0, from, to - from), some, from);
      }
    }
  }

  private Tensor logits(Tensor hidden, Pass pass) {
    return model.logits(Value.of(hidden), pass).tensor(); // (n, V)
  }

  /**
   * What is asked of logits (n, V): the rows of a float32 (3, n) are each row's log-sum of
   * exponentials, the target's log-prob, and 1 where the target is the first of the largest.
   *
   * @param targets (n)
   */
  private static Tensor measure(Tensor logits, Tensor targets) {
    Tensor out =
        torch.empty(
            new long[] {3, logits.size(0)},
            logits.options().dtype(new ScalarTypeOptional(ScalarType.Float)),
            null);
    if (Kernels.take(logits)) {
      Kernels.logProbs(logits, targets, out);
      return out;
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor f = Tensors.cast(logits, ScalarType.Float);
      Tensor logSum = f.logsumexp(new long[] {-1}, false);
      out.select(0, LOG_SUM).copy_(logSum);
      out.select(0, LOG_PROB).copy_(f.gather(1, targets.unsqueeze(1)).squeeze(1).sub(logSum));
      out.select(0, LARGEST).copy_(f.argmax(new LongOptional(1), false).eq(targets));
    }
    return out;
  }

  /** The logits become their gradient {@code g (onehot(target) - softmax)}, g being (n). */
  private static void differentiate(Tensor logits, Tensor targets, Tensor logSum, Tensor g) {
    if (Kernels.take(logits)) {
      Kernels.logProbsBackward(logits, targets, logSum, g.contiguous());
      return;
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor column = g.unsqueeze(1);
      Tensor softmax = Tensors.cast(logits, ScalarType.Float).sub(logSum.unsqueeze(1)).exp_();
      softmax.mul_(column.neg()).scatter_add_(1, targets.unsqueeze(1), column);
      logits.copy_(softmax);
    }
  }

  private void backward(
      Tensor hidden,
      LabelTokens labels,
      Pass pass,
      Tensor gradient,
      boolean ofScores,
      UnaryOperator<Tensor> objective) {
    int n = labels.count();
    Tape tape = new Tape();
    Value leaf = tape.leaf(padded(hidden), true);
    Value logits = model.logits(leaf, pass); // (n rounded up, V)
    // The gradient takes the logits' place, since a linear map keeps no output.
    Tensor all = logits.tensor();
    Tensor rows = all.narrow(0, 0, n);
    if (ofScores) {
      rows.copy_(objective.apply(Tensors.cast(rows, ScalarType.Float))); // (n, C)
    } else {
      Tensor targets = targets(labels);
      Tensor measured = measure(rows, targets);
      Tensor g = objective.apply(measured.select(0, LOG_PROB)); // (n)
      differentiate(rows, targets, measured.select(0, LOG_SUM), g);
    }
    all.narrow(0, n, all.size(0) - n).zero_();
    tape.backward(logits, all);
    gradient.copy_(leaf.gradient().narrow(0, 0, n));
  }

  /** The rows, followed by zeros up to a multiple of ROW_STEP. */
  private static Tensor padded(Tensor hidden) {
    long n = hidden.size(0);
    long rounded = (n + ROW_STEP - 1) / ROW_STEP * ROW_STEP;
    if (rounded == n) {
      return hidden;
    }
    Tensor out = torch.zeros(new long[] {rounded, hidden.size(1)}, hidden.options());
    out.narrow(0, 0, n).copy_(hidden);
    return out;
  }

  private Tensor targets(LabelTokens labels) {
    return Tensors.longs(labels.targets(), device, labels.count());
  }
}
