package dev.luthier.model;

import dev.luthier.model.BlockShape.Layer;
import dev.luthier.nn.BlockWeights;
import dev.luthier.nn.Norm;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Value;

/**
 * {@code x + attention(norm1 x) + feedForward(norm2 x)}; the two norms may be one. Wang and
 * Komatsuzaki, "GPT-J-6B", 2021.
 */
record ParallelBlock(
    Norm norm1, SelfAttention attention, Norm norm2, FeedForward feedForward, BlockWeights weights)
    implements Block {
  @Override
  public Value forward(Value x, Pass pass) {
    Value normed = norm1.forward(x); // (B, T, D)
    Value other = norm1.equals(norm2) ? normed : norm2.forward(x); // (B, T, D)
    return x.plus(attention.forward(normed, pass)).plus(feedForward.forward(other, pass));
  }

  @Override
  public BlockShape shape() {
    int d = attention.hidden();
    Layer other = norm1.equals(norm2) ? Layer.sums(0) : Layer.norm(norm2, d);
    return BlockShape.of(d, Layer.norm(norm1, d), other, attention.layer(), feedForward.layer())
        .withLast(2L * d); // attention's output, and its sum with x
  }
}
