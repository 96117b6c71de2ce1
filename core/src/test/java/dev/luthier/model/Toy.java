package dev.luthier.model;

import dev.luthier.nn.Embedding;
import dev.luthier.nn.Linear;
import dev.luthier.nn.RmsNorm;
import dev.luthier.nn.RopeScaling;
import dev.luthier.nn.Rotary;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The family of docs/add-a-family.md: rotary attention and a plain feed-forward layer. */
public final class Toy implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("toy");
  }

  @Override
  public String models() {
    return "Toy";
  }

  @Override
  public Names names() {
    return new Names(
        "toy.tokens.weight", "out.weight", "toy.", List.of("out.", "score."), List.of());
  }

  @Override
  public Transformer build(Assembly a) {
    ConfigReader in = a.config();
    Sizes s = Sizes.of(in);
    double eps = in.number("norm_eps", 1e-6);
    boolean tied = in.flag("tie_word_embeddings", false);
    in.supports(!in.flag("use_memory", false), "use_memory", "only false is supported");
    in.finish();
    Rotary rotary = new Rotary(RopeScaling.none(s.headDim(), 10000, s.maxPositions()));
    Embedding embedding = a.embedding("toy.tokens.weight", s.vocabulary(), s.hidden());
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < s.blocks(); i++) {
      blocks.add(block(a, s, eps, "toy.blocks." + i));
    }
    return a.decoder(
        s.shape(),
        Embedder.of(embedding),
        blocks,
        a.rmsNorm("toy.norm", s.hidden(), eps),
        a.head("out", embedding, tied),
        a.causal(rotary, 0));
  }

  private static Block block(Assembly a, Sizes s, double eps, String path) {
    int d = s.hidden();
    RmsNorm norm1 = a.rmsNorm(path + ".norm1", d, eps);
    Linear qkv = a.linears().create(path + ".qkv", d, 3 * d, true);
    SelfAttention attention =
        SelfAttention.of(
            SelfAttention.Projection.columns(qkv, d, d),
            a.linears().create(path + ".out", d, d, false),
            s.heads(),
            s.heads(),
            s.headDim());
    RmsNorm norm2 = a.rmsNorm(path + ".norm2", d, eps);
    FeedForward mlp = s.feedForward(a, path + ".up", path + ".down", true);
    return new PreNormBlock(norm1, attention, norm2, mlp, a.linears().under(path));
  }
}
