package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.LayerNorm;
import dev.luthier.nn.Rotary;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Phi-1, 1.5 and 2: parallel blocks of partly turned attention and a plain feed-forward layer, with
 * biases everywhere. Li et al., "Textbooks Are All You Need II", arXiv 2309.05463.
 */
final class Phi implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("phi");
  }

  @Override
  public String models() {
    return "Phi-1, Phi-1.5, Phi-2";
  }

  @Override
  public ObjectNode defaults() {
    return Json.object().put("hidden_act", "gelu_new");
  }

  @Override
  public Transformer build(Assembly a) {
    ConfigReader in = a.config();
    Sizes s = Sizes.of(in);
    double eps = in.number("layer_norm_eps", 1e-5);
    boolean normed = in.flag("qk_layernorm", false);
    int turned = RopeReader.turned(in, s.headDim(), 0.5);
    Rotary rotary = new Rotary(RopeReader.read(in, turned, s.maxPositions()));
    boolean tied = in.flag("tie_word_embeddings", false);
    in.finish();
    Embedding embedding = a.embedding("model.embed_tokens.weight", s.vocabulary(), s.hidden());
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < s.blocks(); i++) {
      blocks.add(block(a, s, eps, normed, "model.layers." + i));
    }
    return a.decoder(
        s.shape(),
        Embedder.of(embedding),
        blocks,
        a.layerNorm("model.final_layernorm", s.hidden(), eps),
        a.biasedHead("lm_head", embedding, tied),
        a.causal(rotary, 0));
  }

  private static Block block(Assembly a, Sizes s, double eps, boolean normed, String path) {
    int d = s.hidden();
    LayerNorm norm = a.layerNorm(path + ".input_layernorm", d, eps);
    String[] names = {"q_proj", "k_proj", "v_proj", "dense"};
    SelfAttention attention = s.attention(a, path + ".self_attn.", names, true, true);
    if (normed) {
      attention =
          attention.normed(
              a.layerNorm(path + ".self_attn.q_layernorm", s.headDim(), eps),
              a.layerNorm(path + ".self_attn.k_layernorm", s.headDim(), eps));
    }
    FeedForward mlp = s.feedForward(a, path + ".mlp.fc1", path + ".mlp.fc2", true);
    return new ParallelBlock(norm, attention, norm, mlp, a.linears().under(path));
  }
}
