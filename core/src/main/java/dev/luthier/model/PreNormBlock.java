package dev.luthier.model;

import dev.luthier.model.BlockShape.Layer;
import dev.luthier.nn.BlockWeights;
import dev.luthier.nn.Norm;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Value;

/**
 * {@code h = x + attention(norm1 x)}, {@code h + feedForward(norm2 h)}. Xiong et al., "On Layer
 * Normalization in the Transformer Architecture", arXiv 2002.04745.
 */
record PreNormBlock(
    Norm norm1, SelfAttention attention, Norm norm2, FeedForward feedForward, BlockWeights weights)
    implements Block {
  @Override
  public Value forward(Value x, Pass pass) {
    Value h = x.plus(attention.forward(norm1.forward(x), pass)); // (B, T, D)
    return h.plus(feedForward.forward(norm2.forward(h), pass)); // (B, T, D)
  }

  @Override
  public BlockShape shape() {
    int d = attention.hidden();
    return BlockShape.of(
        d,
        Layer.norm(norm1, d),
        attention.layer(),
        Layer.sums(2L * d),
        Layer.norm(norm2, d),
        feedForward.layer());
  }
}
