package dev.luthier.nn;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Operators;
import dev.luthier.tensor.Products;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Scaled dot-product attention, by a kernel that keeps no scores; without kernels by batched
 * products and a softmax, a tile of queries at a time, which on CPU is several times faster than
 * libtorch's own operator in these builds. Query heads that share a key head (GQA, Ainslie et al.,
 * arXiv 2305.13245) are laid side by side, so keys are never repeated.
 */
public final class Attention {
  /** The kernel computes tiles; a few queries, as in decoding, would leave most of one empty. */
  private static final int LEAST_QUERIES = 16;

  /** Softmax outputs up to this many bytes are kept for the backward pass, else made again. */
  private static final long KEEP_BYTES = 64L << 20;

  private Attention() {}

  /**
   * How scores come from queries and keys.
   *
   * @param scale of the products
   * @param cap c in {@code c tanh(score / c)}, which keeps them small (Gemma 2, arXiv 2408.00118);
   *     0 for none
   * @param bias (1 or B, H, 1 or T, S), added; null for none
   */
  public record Scores(double scale, double cap, @Nullable Value bias) {
    /** Scaled products. */
    public Scores(double scale) {
      this(scale, 0, null);
    }

    boolean isPlain() {
      return cap == 0 && bias == null;
    }
  }

  /**
   * {@code softmax(scores + mask) v}.
   *
   * @param q (B, H, T, E)
   * @param k (B, K, S, E), H a multiple of K
   * @param v (B, K, S, E)
   * @param plan which keys each query sees
   * @return (B, T, H * E)
   */
  public static Value attend(Value q, Value k, Value v, AttentionPlan plan, Scores scores) {
    Tape tape = q.tape();
    Step step = new Step(q, k, v, plan, scores);
    try (Op op = new Op()) {
      Tensor y = op.out(step.forward(tape != null, op));
      if (tape == null) {
        return Value.of(y);
      }
      boolean bias = scores.bias() != null && scores.bias().wanted();
      Value result = Value.leaf(tape, y, q.wanted() || k.wanted() || v.wanted() || bias);
      if (result.wanted()) {
        step.y = result;
        tape.record(step, result);
      }
      return result;
    }
  }

  private static final class Step implements Tape.Step {
    private final Value q;
    private final Value k;
    private final Value v;
    private final AttentionPlan plan;
    private final Scores scores;
    private final double scale;
    private final long rows;
    private final long heads;
    private final long keyHeads;
    private final long length;
    private final long width;
    private final List<Tensor> weights = new ArrayList<>(); // of each tile, or none
    private @Nullable Tensor logSums; // (B, H, T), if the kernel ran
    private @Nullable Value y;
    private @Nullable Tensor biasGradient; // while it goes backward

    Step(Value q, Value k, Value v, AttentionPlan plan, Scores scores) {
      this.q = q;
      this.k = k;
      this.v = v;
      this.plan = plan;
      this.scores = scores;
      this.scale = scores.scale();
      this.rows = q.tensor().size(0);
      this.heads = q.tensor().size(1);
      this.length = q.tensor().size(2);
      this.width = q.tensor().size(3);
      this.keyHeads = k.tensor().size(1);
    }

    Tensor forward(boolean record, Op op) {
      Tensor y = torch.empty(new long[] {rows, length, heads, width}, q.tensor().options(), null);
      boolean kernel = plan.isCausal() && scores.isPlain() && Kernels.take(q.tensor());
      if (kernel && length >= LEAST_QUERIES && width % 2 == 0) {
        Tensor sums =
            torch.empty(
                new long[] {rows, heads, length},
                Tensors.options(ScalarType.Float, Device.CPU),
                null);
        Kernels.attention(
            q.tensor(), k.tensor(), v.tensor(), plan.starts(), scale, y.transpose(1, 2), sums);
        logSums = record ? op.out(sums) : null;
      } else {
        tiled(y, record, op);
      }
      return y.view(rows, length, heads * width);
    }

    private void tiled(Tensor y, boolean record, Op op) {
      boolean keep = record && plan.weightBytes(rows * heads, q.tensor()) <= KEEP_BYTES;
      for (AttentionPlan.Tile tile : plan.tiles()) {
        try (Op inner = new Op()) {
          Tensor p = weights(tile);
          Tensor out = Products.batched(p, keys(v.tensor(), tile)); // (B * K, G * t, E)
          Heads.join(
              out.view(rows, heads, tile.queries(), width),
              y.narrow(1, tile.from(), tile.queries()).flatten(2, 3));
          if (keep) {
            weights.add(op.out(p));
          }
        }
      }
    }

    /** The softmax of a tile: (B * K, G * t, s). */
    private Tensor weights(AttentionPlan.Tile tile) {
      if (scores.isPlain() && Kernels.take(q.tensor())) {
        Tensor p =
            Products.batched(queries(q.tensor(), tile), keys(k.tensor(), tile).transpose(1, 2));
        Kernels.softmax(p, rows, heads, tile.queries(), scale, tile.causal(), tile.bias());
        return p;
      }
      Tensor s = capped(tile);
      Value bias = scores.bias();
      if (bias != null) {
        s.view(rows, heads, tile.queries(), tile.keys()).add_(part(bias.tensor(), tile));
      }
      Tensor mask = tile.bias();
      if (mask != null) {
        long masked = mask.size(-1);
        s.view(rows, keyHeads, heads / keyHeads, tile.queries(), tile.keys())
            .narrow(-1, tile.keys() - masked, masked) // all keys before are seen by all queries
            .add_(mask);
      }
      return s.softmax(-1);
    }

    /** A tile's scores before bias and mask: (B * K, G * t, s). */
    private Tensor capped(AttentionPlan.Tile tile) {
      Tensor qt = queries(q.tensor(), tile).mul(Tensors.scalar(scale));
      Tensor s = Products.batched(qt, keys(k.tensor(), tile).transpose(1, 2));
      if (scores.cap() == 0) {
        return s;
      }
      Scalar cap = Tensors.scalar(scores.cap());
      return s.div_(cap).tanh_().mul_(cap);
    }

    /** The bias' part that a tile needs. */
    private static Tensor part(Tensor bias, AttentionPlan.Tile tile) {
      Tensor keys = bias.narrow(3, tile.keysFrom(), tile.keys());
      return bias.size(2) == 1 ? keys : keys.narrow(2, tile.from(), tile.queries());
    }

    /** (B, H, T, E) to the tile's (B * K, G * t, E). */
    private Tensor queries(Tensor x, AttentionPlan.Tile tile) {
      return x.narrow(2, tile.from(), tile.queries())
          .reshape(rows * keyHeads, heads / keyHeads * tile.queries(), width);
    }

    /** (B, K, S, E) to the tile's (B * K, s, E). */
    private Tensor keys(Tensor x, AttentionPlan.Tile tile) {
      return x.flatten(0, 1).narrow(1, tile.keysFrom(), tile.keys());
    }

    @Override
    public void backward() {
      Tensor dy = heads(Objects.requireNonNull(y).gradient()); // (B, H, T, E)
      Tensor dk = torch.zeros_like(k.tensor()); // (B, K, S, E)
      Tensor dv = torch.zeros_like(v.tensor());
      Value bias = scores.bias();
      biasGradient = bias != null && bias.wanted() ? torch.zeros_like(bias.tensor()) : null;
      q.write(dq -> backward(dy, dq, dk, dv));
      if (bias != null && biasGradient != null) {
        bias.give(biasGradient); // (1, H, T, S)
      }
      if (k.wanted()) {
        k.give(dk);
      }
      if (v.wanted()) {
        v.give(dv);
      }
    }

    private void backward(Tensor dy, Tensor dq, Tensor dk, Tensor dv) {
      if (logSums == null) {
        for (int i = 0; i < plan.tiles().size(); i++) {
          tile(plan.tiles().get(i), i, dy, dq, dk, dv);
        }
        return;
      }
      Kernels.attentionBackward(
          q.tensor(),
          k.tensor(),
          v.tensor(),
          plan.starts(),
          scale,
          heads(Objects.requireNonNull(y).tensor()),
          logSums,
          dy,
          dq,
          dk,
          dv);
    }

    /** (B, T, H * E) to (B, H, T, E). */
    private Tensor heads(Tensor x) {
      return x.view(rows, length, heads, width).transpose(1, 2);
    }

    private void tile(
        AttentionPlan.Tile tile, int index, Tensor dy, Tensor dq, Tensor dk, Tensor dv) {
      try (Op op = new Op()) {
        Tensor p = weights.isEmpty() ? weights(tile) : weights.get(index); // (B * K, G * t, s)
        Tensor out = queries(dy, tile);
        Products.into(keys(dv, tile), p.transpose(1, 2), out, 1, 1);
        Tensor dp = Products.batched(out, keys(v.tensor(), tile).transpose(1, 2));
        Tensor ds = scoresGradient(dp, p, tile); // (B * K, G * t, s)
        dq.narrow(2, tile.from(), tile.queries())
            .copy_(
                Products.batched(ds, keys(k.tensor(), tile))
                    .view(rows, heads, tile.queries(), width));
        Products.into(keys(dk, tile), ds.transpose(1, 2), queries(q.tensor(), tile), 1, 1);
      }
    }

    /** The gradient of the products: scale p (dp - sum(p dp)), through bias and cap. */
    private Tensor scoresGradient(Tensor dp, Tensor p, AttentionPlan.Tile tile) {
      if (scores.isPlain() && Kernels.take(p)) {
        Kernels.softmaxBackward(p, dp, scale);
        return dp;
      }
      Tensor ds = Operators.softmaxBackward(dp, p);
      if (biasGradient != null) {
        part(biasGradient, tile)
            .add_(
                ds.view(rows, heads, tile.queries(), tile.keys()).sum(new long[] {0}, true, null));
      }
      if (scores.cap() != 0) {
        // d tanh(x) = 1 - tanh(x)^2
        Tensor slope = capped(tile).div_(Tensors.scalar(scores.cap())).square_().neg_();
        ds.mul_(slope.add_(Tensors.scalar(1)));
      }
      return ds.mul_(Tensors.scalar(scale));
    }

    @Override
    public void release() {
      weights.forEach(Tensor::close);
      weights.clear();
      if (logSums != null) {
        logSums.close();
        logSums = null;
      }
    }
  }
}
