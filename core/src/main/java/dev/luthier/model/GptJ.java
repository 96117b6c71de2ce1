package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.LayerNorm;
import dev.luthier.nn.RopeScaling;
import dev.luthier.nn.Rotary;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * GPT-J: parallel blocks under one norm, neighbouring numbers of a part of each head turned. Wang
 * and Komatsuzaki, "GPT-J-6B: A 6 Billion Parameter Autoregressive Language Model", 2021.
 */
final class GptJ implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("gptj");
  }

  @Override
  public String models() {
    return "GPT-J";
  }

  @Override
  public Names names() {
    return new Names(
        "transformer.wte.weight",
        "lm_head.weight",
        "transformer.",
        List.of("lm_head.", "score."),
        List.of(".attn.bias", ".attn.masked_bias"));
  }

  @Override
  public ObjectNode defaults() {
    return Json.object().put("rotary_dim", 64).put("activation_function", "gelu_new");
  }

  @Override
  public Transformer build(Assembly a) {
    ConfigReader in = a.config();
    Sizes s = Sizes.of(in);
    double eps = in.number("layer_norm_epsilon", 1e-5);
    int turned = in.integer("rotary_dim", s.headDim());
    in.supports(
        turned % 2 == 0 && turned <= s.headDim(), "rotary_dim", "it must be pairs of a head");
    boolean tied = in.flag("tie_word_embeddings", false);
    in.finish();
    Rotary rotary =
        new Rotary(RopeScaling.none(turned, 10000, s.maxPositions()), Rotary.Pairs.NEIGHBOURS);
    Embedding embedding = a.embedding("transformer.wte.weight", s.vocabulary(), s.hidden());
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < s.blocks(); i++) {
      blocks.add(block(a, s, eps, "transformer.h." + i));
    }
    return a.decoder(
        s.shape(),
        Embedder.of(embedding),
        blocks,
        a.layerNorm("transformer.ln_f", s.hidden(), eps),
        a.biasedHead("lm_head", embedding, tied),
        a.causal(rotary, 0));
  }

  private static Block block(Assembly a, Sizes s, double eps, String path) {
    LayerNorm norm = a.layerNorm(path + ".ln_1", s.hidden(), eps);
    String[] names = {"q_proj", "k_proj", "v_proj", "out_proj"};
    SelfAttention attention = s.attention(a, path + ".attn.", names, false, false);
    FeedForward mlp = s.feedForward(a, path + ".mlp.fc_in", path + ".mlp.fc_out", true);
    return new ParallelBlock(norm, attention, norm, mlp, a.linears().under(path));
  }
}
