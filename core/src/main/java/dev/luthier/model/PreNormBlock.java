package dev.luthier.model;

import dev.luthier.model.BlockShape.Layer;
import dev.luthier.nn.Activation;
import dev.luthier.nn.BlockKernel;
import dev.luthier.nn.BlockWeights;
import dev.luthier.nn.LinearGroup;
import dev.luthier.nn.Norm;
import dev.luthier.nn.Pass;
import dev.luthier.nn.RmsNorm;
import dev.luthier.nn.Value;
import java.util.Optional;

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
  public Optional<BlockKernel.Parts> kernelParts() {
    LinearGroup maps = attention.projection().maps();
    Norm query = attention.queryNorm();
    Norm key = attention.keyNorm();
    if (maps == null
        || !(norm1 instanceof RmsNorm first)
        || !(norm2 instanceof RmsNorm second)
        || !(feedForward instanceof FeedForward.Gated gated)
        || gated.act() != Activation.SILU
        || !(query == null || query instanceof RmsNorm)
        || !(key == null || key instanceof RmsNorm)) {
      return Optional.empty();
    }
    return Optional.of(
        new BlockKernel.Parts(
            first,
            maps,
            attention.heads(),
            attention.keyHeads(),
            attention.scale(),
            attention.cap(),
            (RmsNorm) query,
            (RmsNorm) key,
            attention.view(),
            attention.out(),
            second,
            gated.maps(),
            gated.down()));
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
