package dev.luthier.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.LayerNorm;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * GPT-Neo: GPT-2 with plain matrices and unscaled scores, every other layer of which sees through a
 * window. Black et al., "GPT-Neo", 2021.
 */
final class GptNeo implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("gpt_neo");
  }

  @Override
  public String models() {
    return "GPT-Neo";
  }

  @Override
  public Names names() {
    return new Names(
        "transformer.wte.weight",
        "lm_head.weight",
        "transformer.",
        List.of("lm_head.", "score.", "classifier."),
        List.of(".attn.bias", ".attn.masked_bias", ".attention.bias", ".attention.masked_bias"));
  }

  @Override
  public ObjectNode defaults() {
    return Json.object().put("activation_function", "gelu_new");
  }

  @Override
  public Transformer build(Assembly a) {
    ConfigReader in = a.config();
    Sizes s = Sizes.of(in);
    double eps = in.number("layer_norm_epsilon", 1e-5);
    int window = in.integer("window_size", 256);
    boolean tied = in.flag("tie_word_embeddings", true);
    List<String> kinds = kinds(in, s.blocks());
    in.finish();
    Embedding embedding = a.embedding("transformer.wte.weight", s.vocabulary(), s.hidden());
    LearnedPositions positions =
        a.positions("transformer.wpe.weight", s.maxPositions(), s.hidden(), 0);
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < s.blocks(); i++) {
      blocks.add(block(a, s, eps, kinds.get(i).equals("local") ? 1 : 0, "transformer.h." + i));
    }
    return a.decoder(
        s.shape(),
        (tokens, pass, tape) ->
            embedding.forward(tokens, tape).plus(positions.forward(pass.places(), tape)),
        blocks,
        a.layerNorm("transformer.ln_f", s.hidden(), eps),
        a.head("lm_head", "classifier", embedding, tied),
        a.causal(0, window));
  }

  /** {@code attention_layers}, or what {@code attention_types} says: patterns and how often. */
  private static List<String> kinds(ConfigReader in, int layers) {
    List<String> kinds = in.texts("attention_layers");
    if (kinds.isEmpty()) {
      for (JsonNode type : in.at("attention_types")) {
        for (int i = 0; i < type.path(1).asInt(); i++) {
          type.path(0).forEach(kind -> kinds.add(kind.asText()));
        }
      }
    }
    in.supports(
        kinds.size() == layers && Set.of("global", "local").containsAll(kinds),
        "attention_types",
        "expected global or local for each of " + layers + " layers, found " + kinds);
    return kinds;
  }

  private static Block block(Assembly a, Sizes s, double eps, int view, String path) {
    LayerNorm norm1 = a.layerNorm(path + ".ln_1", s.hidden(), eps);
    String[] names = {"q_proj", "k_proj", "v_proj", "out_proj"};
    SelfAttention attention = s.attention(a, path + ".attn.attention.", names, false, true);
    LayerNorm norm2 = a.layerNorm(path + ".ln_2", s.hidden(), eps);
    FeedForward mlp = s.feedForward(a, path + ".mlp.c_fc", path + ".mlp.c_proj", true);
    return new PreNormBlock(
        norm1, attention.scaled(1).seeing(view), norm2, mlp, a.linears().under(path));
  }
}
