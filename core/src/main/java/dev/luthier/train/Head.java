package dev.luthier.train;

import dev.luthier.model.Decoder;
import dev.luthier.nn.Pass;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The output head over label tokens, chunk by chunk: (N, D) to log-probs (N) and, on the way back,
 * from the objective's gradient to that of the hidden states. Logits exist for one chunk at a time.
 */
final class Head {
  /** Logits of a chunk in float32 stay near 32 MiB. */
  private static final int CHUNK_ELEMENTS = 8 << 20;

  /**
   * Rows of a product come in multiples of this: oneDNN compiles and keeps a kernel for every new
   * shape.
   */
  private static final int ROW_STEP = 64;

  private final Decoder model;
  private final Device device;
  private final int chunk;

  Head(Decoder model) {
    this.model = model;
    this.device = model.parameters().device();
    this.chunk = Math.max(1, CHUNK_ELEMENTS / model.shape().vocabulary() / ROW_STEP) * ROW_STEP;
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
      visit(
          hidden,
          labels,
          (h, l, from) -> {
            Objective.Loss[] loss = new Objective.Loss[1];
            backward(
                h,
                l,
                pass,
                gradient.narrow(0, from, l.count()),
                logProbs ->
                    (loss[0] = objective.loss(logProbs, l)).gradient().mul(Tensors.scalar(scale)));
            sum[0] += loss[0].sum();
          });
      return sum[0];
    }
    Objective.Loss loss = objective.loss(logProbs(hidden, labels, pass), labels);
    Tensor scaled = loss.gradient().mul(Tensors.scalar(scale));
    visit(
        hidden,
        labels,
        (h, l, from) ->
            backward(
                h,
                l,
                pass,
                gradient.narrow(0, from, l.count()),
                logProbs -> scaled.narrow(0, from, l.count())));
    return loss.sum();
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
            Tensor logits = Tensors.cast(model.head().forward(h, pass), ScalarType.Float);
            out.narrow(0, from, l.count())
                .copy_(pick(logits, targets(l), logits.logsumexp(new long[] {-1}, true)));
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
            Tensor logits = Tensors.cast(model.head().forward(h, pass), ScalarType.Float);
            Tensor at = targets(l);
            Tensor part = out.narrow(1, from, l.count()); // (2, n)
            part.select(0, 0).copy_(pick(logits, at, logits.logsumexp(new long[] {-1}, true)));
            part.select(0, 1).copy_(logits.argmax(new LongOptional(1), true).eq(at).squeeze(1));
          });
    }
    return out;
  }

  private void visit(Tensor hidden, LabelTokens labels, Visitor visitor) {
    for (int from = 0; from < labels.count(); from += chunk) {
      int to = Math.min(labels.count(), from + chunk);
      try (PointerScope scope = new PointerScope()) {
        visitor.chunk(hidden.narrow(0, from, to - from), labels.slice(from, to), from);
      }
    }
  }

  private void backward(
      Tensor hidden,
      LabelTokens labels,
      Pass pass,
      Tensor gradient,
      java.util.function.UnaryOperator<Tensor> objective) {
    int n = labels.count();
    Tensor leaf = padded(hidden.detach()).set_requires_grad(true);
    Tensor logits;
    try (Grad on = Grad.on()) {
      logits = model.head().forward(leaf, pass); // (n rounded up, V)
    }
    try (Grad off = Grad.off()) {
      // The gradient takes the logits' place, since a linear map keeps no output.
      Tensor all = logits.detach();
      Tensor rows = all.narrow(0, 0, n);
      Tensor f = Tensors.cast(rows, ScalarType.Float);
      Tensor targets = targets(labels);
      Tensor normalizer = f.logsumexp(new long[] {-1}, true); // (n, 1)
      Tensor g = objective.apply(pick(f, targets, normalizer)).unsqueeze(1); // (n, 1)
      // d log p_target / d logits = onehot - softmax
      f.sub_(normalizer).exp_().mul_(g.neg()).scatter_add_(1, targets, g);
      if (Tensors.dtype(rows) != ScalarType.Float) {
        rows.copy_(f);
      }
      all.narrow(0, n, all.size(0) - n).zero_();
      logits.backward(all, new BoolOptional(), false, new TensorArrayRefOptional());
      gradient.copy_(leaf.grad().narrow(0, 0, n));
    }
  }

  /** The rows, followed by zeros up to a multiple of ROW_STEP. */
  private static Tensor padded(Tensor hidden) {
    long n = hidden.size(0);
    long rounded = (n + ROW_STEP - 1) / ROW_STEP * ROW_STEP;
    if (rounded == n) {
      return hidden.detach();
    }
    Tensor out = torch.zeros(new long[] {rounded, hidden.size(1)}, hidden.options());
    out.narrow(0, 0, n).copy_(hidden);
    return out;
  }

  private Tensor targets(LabelTokens labels) {
    return Tensors.longs(labels.targets(), device, labels.count(), 1);
  }

  private static Tensor pick(Tensor logits, Tensor targets, Tensor normalizer) {
    return logits.gather(1, targets).sub(normalizer).squeeze(1); // (n)
  }
}
