package dev.luthier.model;

import dev.luthier.model.BlockShape.Layer;
import dev.luthier.nn.BlockWeights;
import dev.luthier.nn.Norm;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Value;

/**
 * {@code h = norm1(x + attention x)}, {@code norm2(h + feedForward h)}. Vaswani et al., "Attention
 * Is All You Need", arXiv 1706.03762.
 */
record PostNormBlock(
    SelfAttention attention, Norm norm1, FeedForward feedForward, Norm norm2, BlockWeights weights)
    implements Block {
  @Override
  public Value forward(Value x, Pass pass) {
    Value h = norm1.forward(x.plus(attention.forward(x, pass))); // (B, T, D)
    return norm2.forward(h.plus(feedForward.forward(h, pass))); // (B, T, D)
  }

  @Override
  public BlockShape shape() {
    int d = attention.hidden();
    Layer mlp = feedForward.layer();
    return BlockShape.of(
        d,
        attention.layer(),
        Layer.sums(2L * d),
        Layer.norm(norm1, d),
        mlp.carrying(d),
        Layer.sums(mlp.last() + d),
        Layer.norm(norm2, d));
  }
}
