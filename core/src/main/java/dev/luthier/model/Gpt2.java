package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.LayerNorm;
import dev.luthier.nn.Linear;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * GPT-2: pre-norm blocks, learned positions, matrices stored (in, out). Radford et al., "Language
 * Models are Unsupervised Multitask Learners", 2019.
 */
final class Gpt2 implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("gpt2");
  }

  @Override
  public String models() {
    return "GPT-2";
  }

  @Override
  public Names names() {
    return new Names(
        "transformer.wte.weight",
        "lm_head.weight",
        "transformer.",
        List.of("lm_head.", "score.", "classifier."),
        List.of(".attn.bias", ".attn.masked_bias"));
  }

  @Override
  public ObjectNode defaults() {
    return Json.object().put("n_positions", 1024).put("activation_function", "gelu_new");
  }

  @Override
  public Transformer build(Assembly a) {
    ConfigReader in = a.config();
    Sizes s = Sizes.of(in);
    double eps = in.number("layer_norm_epsilon", 1e-5);
    boolean scaled = in.flag("scale_attn_weights", true);
    boolean byLayer = in.flag("scale_attn_by_inverse_layer_idx", false);
    boolean tied = in.flag("tie_word_embeddings", true);
    in.supports(
        !in.flag("add_cross_attention", false), "add_cross_attention", "only false is supported");
    in.finish();
    Embedding embedding = a.embedding("transformer.wte.weight", s.vocabulary(), s.hidden());
    LearnedPositions positions =
        a.positions("transformer.wpe.weight", s.maxPositions(), s.hidden(), 0);
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < s.blocks(); i++) {
      double scale = scaled ? 1 / Math.sqrt(s.headDim()) : 1;
      blocks.add(block(a, s, eps, byLayer ? scale / (i + 1) : scale, "transformer.h." + i));
    }
    return a.decoder(
        s.shape(),
        (tokens, pass, tape) ->
            embedding.forward(tokens, tape).plus(positions.forward(pass.places(), tape)),
        blocks,
        a.layerNorm("transformer.ln_f", s.hidden(), eps),
        a.head("lm_head", "classifier", embedding, tied),
        a.causal(0));
  }

  private static Block block(Assembly a, Sizes s, double eps, double scale, String path) {
    int d = s.hidden();
    LayerNorm norm1 = a.layerNorm(path + ".ln_1", d, eps);
    Linear qkv = a.linears().conv1d(path + ".attn.c_attn", d, 3 * d);
    SelfAttention attention =
        SelfAttention.of(
            SelfAttention.Projection.columns(qkv, d, d),
            a.linears().conv1d(path + ".attn.c_proj", d, d),
            s.heads(),
            s.heads(),
            s.headDim());
    LayerNorm norm2 = a.layerNorm(path + ".ln_2", d, eps);
    Linear up = a.linears().conv1d(path + ".mlp.c_fc", d, s.intermediate());
    Linear down = a.linears().conv1d(path + ".mlp.c_proj", s.intermediate(), d);
    return new PreNormBlock(
        norm1,
        attention.scaled(scale),
        norm2,
        FeedForward.plain(up, s.activation(), down),
        a.linears().under(path));
  }
}
