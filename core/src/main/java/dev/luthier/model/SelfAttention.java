package dev.luthier.model;

import dev.luthier.nn.Attention;
import dev.luthier.nn.Heads;
import dev.luthier.nn.KvCache;
import dev.luthier.nn.Linear;
import dev.luthier.nn.LinearGroup;
import dev.luthier.nn.Norm;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Rotary;
import dev.luthier.nn.Value;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Attention of tokens over one another: multi-head (Vaswani et al., arXiv 1706.03762), grouped
 * (Ainslie et al., arXiv 2305.13245) or with one key head (Shazeer, arXiv 1911.02150).
 *
 * @param projection x to queries, keys and values
 * @param out the way back to x's width
 * @param heads H
 * @param keyHeads K, a divisor of H
 * @param scale of the scores
 * @param cap of the scores; 0 for none
 * @param queryNorm over each query head, before it is turned; null for none
 * @param keyNorm over each key head, before it is turned; null for none
 * @param view which of the pass' views it sees by
 */
record SelfAttention(
    Projection projection,
    Linear out,
    int heads,
    int keyHeads,
    double scale,
    double cap,
    @Nullable Norm queryNorm,
    @Nullable Norm keyNorm,
    int view) {

  /** x (B, T, D) to queries, keys and values: (B, T, n * E) or (B, T, n, E) each. */
  interface Projection {
    List<Value> forward(Value x, Pass pass);

    /** The maps that give queries, keys and values, where these are all that it does. */
    default @Nullable LinearGroup maps() {
      return null;
    }

    /** Whether queries are copied before they are heads. */
    default boolean copiesQueries() {
      return false;
    }

    /** One map for queries, one for keys and one for values. */
    static Projection of(LinearGroup maps) {
      return new Apart(maps);
    }

    /** One layer that gives all queries, then all keys, then all values. */
    static Projection columns(Linear fused, int query, int key) {
      return new Columns(fused, query, key);
    }

    /** One layer that gives a query, a key and a value for each head in turn. */
    static Projection perHead(Linear fused, int heads) {
      return (x, pass) -> {
        Value y = fused.forward(x, pass);
        return List.of(part(y, heads, 0), part(y, heads, 1), part(y, heads, 2));
      };
    }

    private static Value part(Value y, int heads, int which) {
      return y.view(t -> t.unflatten(-1, heads, 3, -1).select(3, which)); // (B, T, H, E)
    }

    /** One layer that gives for each key head its queries, the key and the value. */
    static Projection perGroup(Linear fused, int heads, int keyHeads) {
      return new Grouped(fused, heads / keyHeads, keyHeads);
    }
  }

  private record Apart(LinearGroup maps) implements Projection {
    @Override
    public List<Value> forward(Value x, Pass pass) {
      return maps.forward(x, pass);
    }
  }

  private record Columns(Linear fused, int query, int key) implements Projection {
    @Override
    public List<Value> forward(Value x, Pass pass) {
      Value y = fused.forward(x, pass);
      return List.of(y.columns(0, query), y.columns(query, key), y.columns(query + key, key));
    }

    @Override
    public LinearGroup maps() {
      return LinearGroup.of(fused);
    }
  }

  private record Grouped(Linear fused, int group, int keyHeads) implements Projection {
    @Override
    public List<Value> forward(Value x, Pass pass) {
      Value y = fused.forward(x, pass);
      return List.of(
          Heads.gathered(y.view(t -> t.unflatten(-1, keyHeads, group + 2, -1).narrow(3, 0, group))),
          y.view(t -> t.unflatten(-1, keyHeads, group + 2, -1).select(3, group)),
          y.view(t -> t.unflatten(-1, keyHeads, group + 2, -1).select(3, group + 1)));
    }

    @Override
    public boolean copiesQueries() {
      return true;
    }
  }

  /** Attention with scores scaled by 1 / sqrt(headDim), seen by the first view. */
  static SelfAttention of(Projection projection, Linear out, int heads, int keyHeads, int headDim) {
    return new SelfAttention(
        projection, out, heads, keyHeads, 1 / Math.sqrt(headDim), 0, null, null, 0);
  }

  SelfAttention scaled(double by) {
    return new SelfAttention(projection, out, heads, keyHeads, by, cap, queryNorm, keyNorm, view);
  }

  SelfAttention capped(double at) {
    return new SelfAttention(projection, out, heads, keyHeads, scale, at, queryNorm, keyNorm, view);
  }

  SelfAttention normed(Norm query, Norm key) {
    return new SelfAttention(projection, out, heads, keyHeads, scale, cap, query, key, view);
  }

  SelfAttention seeing(int by) {
    return new SelfAttention(projection, out, heads, keyHeads, scale, cap, queryNorm, keyNorm, by);
  }

  /** x (B, T, D) to (B, T, D). */
  Value forward(Value x, Pass pass) {
    Pass.View seen = pass.views().get(view);
    List<Value> parts = projection.forward(x, pass);
    Value q = heads(parts.get(0), heads, queryNorm, seen.rotary()); // (B, H, T, E)
    Value k = heads(parts.get(1), keyHeads, keyNorm, seen.rotary()); // (B, K, T, E)
    Value v = Heads.split(parts.get(2), keyHeads); // (B, K, T, E)
    if (pass.ragged() != null) {
      return out.forward(pass.attendRagged(q, k, v, view, scale, cap), pass); // (1, N, D)
    }
    KvCache cache = pass.cache();
    if (cache != null) {
      Tensor[] all = cache.append(k.tensor(), v.tensor());
      k = Value.of(all[0]); // (B, K, S, E)
      v = Value.of(all[1]); // (B, K, S, E)
    }
    Value bias = seen.bias() == null ? null : Value.of(seen.bias());
    Attention.Scores scores = new Attention.Scores(scale, cap, bias);
    return out.forward(Attention.attend(q, k, v, seen.attention(), scores), pass); // (B, T, D)
  }

  /** D. */
  int hidden() {
    return out.out();
  }

  /** What it holds: projections, their heads and what attention gives. */
  BlockShape.Layer layer() {
    long query = out.in();
    long key = query / heads * keyHeads;
    BlockShape.Layer layer =
        BlockShape.Layer.attention(out, key, new BlockShape.Scores(heads, cap != 0, false, view));
    if (projection.copiesQueries()) {
      layer = layer.more(query, query, 0);
    }
    // Norms of heads copy them where there are gaps between.
    return queryNorm == null ? layer : layer.more(query + key, 2 * query + key, 4 * query);
  }

  private static Value heads(
      Value x, int heads, @Nullable Norm norm, Rotary.@Nullable Tables turned) {
    Value split = norm == null ? x : norm.forward(Heads.apart(x, heads)); // (B, T, H, E)
    return turned == null ? Heads.split(split, heads) : Rotary.apply(split, heads, turned);
  }
}
