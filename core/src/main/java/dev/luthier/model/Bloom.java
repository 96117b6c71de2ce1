package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.model.BlockShape.Layer;
import dev.luthier.nn.BlockWeights;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.LayerNorm;
import dev.luthier.nn.Norm;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * BLOOM: pre-norm blocks over a normed embedding; distances bias the scores instead of positions.
 * BigScience Workshop, "BLOOM", arXiv 2211.05100; Press et al., "ALiBi", arXiv 2108.12409.
 */
final class Bloom implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("bloom");
  }

  @Override
  public String models() {
    return "BLOOM, BLOOMZ";
  }

  @Override
  public Names names() {
    return new Names(
        "transformer.word_embeddings.weight",
        "lm_head.weight",
        "transformer.",
        List.of("lm_head.", "score.", "classifier."),
        List.of());
  }

  @Override
  public ObjectNode defaults() {
    return Json.object().put("activation", "gelu_new");
  }

  @Override
  public Transformer build(Assembly a) {
    ConfigReader in = a.config();
    Sizes s = Sizes.of(in);
    double eps = in.number("layer_norm_epsilon", 1e-5);
    boolean fromNorm = in.flag("apply_residual_connection_post_layernorm", false);
    boolean tied = in.flag("tie_word_embeddings", true);
    boolean exact = in.flag("slow_but_exact", false) && in.integer("pretraining_tp", 1) > 1;
    in.supports(!exact, "slow_but_exact", "only false is supported where pretraining_tp is not 1");
    in.finish();
    Embedding embedding =
        a.embedding("transformer.word_embeddings.weight", s.vocabulary(), s.hidden());
    LayerNorm first = a.layerNorm("transformer.word_embeddings_layernorm", s.hidden(), eps);
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < s.blocks(); i++) {
      blocks.add(block(a, s, eps, fromNorm, "transformer.h." + i));
    }
    return a.decoder(
        s.shape(),
        (tokens, pass, tape) -> first.forward(embedding.forward(tokens, tape)),
        blocks,
        a.layerNorm("transformer.ln_f", s.hidden(), eps),
        a.head("lm_head", "classifier", embedding, tied),
        a.causal(places -> Alibi.bias(places, s.heads(), 1, ScalarType.Float, a.base())));
  }

  private static Block block(Assembly a, Sizes s, double eps, boolean fromNorm, String path) {
    int d = s.hidden();
    LayerNorm norm1 = a.layerNorm(path + ".input_layernorm", d, eps);
    SelfAttention attention = s.fusedAttention(a, path + ".self_attention.", true);
    LayerNorm norm2 = a.layerNorm(path + ".post_attention_layernorm", d, eps);
    FeedForward mlp =
        s.feedForward(a, path + ".mlp.dense_h_to_4h", path + ".mlp.dense_4h_to_h", true);
    BlockWeights weights = a.linears().under(path);
    return fromNorm
        ? new NormedResidual(norm1, attention, norm2, mlp, weights)
        : new PreNormBlock(norm1, attention, norm2, mlp, weights);
  }

  /** As a pre-norm block, but what is added to is the normed input. */
  private record NormedResidual(
      Norm norm1,
      SelfAttention attention,
      Norm norm2,
      FeedForward feedForward,
      BlockWeights weights)
      implements Block {
    @Override
    public Value forward(Value x, Pass pass) {
      Value first = norm1.forward(x);
      Value second = norm2.forward(first.plus(attention.forward(first, pass)));
      return second.plus(feedForward.forward(second, pass)); // (B, T, D)
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
}
