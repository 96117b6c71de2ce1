package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.nn.BlockWeights;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.LayerNorm;
import dev.luthier.nn.Rotary;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * GPT-NeoX, Pythia: blocks whose two layers may read the same input, with a part of each head
 * turned. Black et al., "GPT-NeoX-20B", arXiv 2204.06745.
 */
final class GptNeoX implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("gpt_neox");
  }

  @Override
  public String models() {
    return "GPT-NeoX, Pythia, Dolly, RedPajama-INCITE";
  }

  @Override
  public Names names() {
    return new Names(
        "gpt_neox.embed_in.weight",
        "embed_out.weight",
        "gpt_neox.",
        List.of("embed_out.", "score.", "classifier."),
        List.of("rotary_emb.inv_freq", ".attention.bias", ".attention.masked_bias"));
  }

  @Override
  public ObjectNode defaults() {
    return Json.object().put("intermediate_size", 24576);
  }

  @Override
  public Transformer build(Assembly a) {
    ConfigReader in = a.config();
    Sizes s = Sizes.of(in);
    double eps = in.number("layer_norm_eps", 1e-5);
    boolean parallel = in.flag("use_parallel_residual", true);
    boolean bias = in.flag("attention_bias", true);
    int turned = RopeReader.turned(in, s.headDim(), in.number("rotary_pct", 0.25));
    Rotary rotary = new Rotary(RopeReader.read(in, turned, s.maxPositions()));
    boolean tied = in.flag("tie_word_embeddings", false);
    in.finish();
    Embedding embedding = a.embedding("gpt_neox.embed_in.weight", s.vocabulary(), s.hidden());
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < s.blocks(); i++) {
      blocks.add(block(a, s, eps, parallel, bias, "gpt_neox.layers." + i));
    }
    return a.decoder(
        s.shape(),
        Embedder.of(embedding),
        blocks,
        a.layerNorm("gpt_neox.final_layer_norm", s.hidden(), eps),
        a.head("embed_out", "classifier", embedding, tied),
        a.causal(rotary, 0));
  }

  private static Block block(
      Assembly a, Sizes s, double eps, boolean parallel, boolean bias, String path) {
    int d = s.hidden();
    LayerNorm norm1 = a.layerNorm(path + ".input_layernorm", d, eps);
    SelfAttention attention = s.fusedAttention(a, path + ".attention.", bias);
    LayerNorm norm2 = a.layerNorm(path + ".post_attention_layernorm", d, eps);
    FeedForward mlp =
        s.feedForward(a, path + ".mlp.dense_h_to_4h", path + ".mlp.dense_4h_to_h", true);
    BlockWeights weights = a.linears().under(path);
    return parallel
        ? new ParallelBlock(norm1, attention, norm2, mlp, weights)
        : new PreNormBlock(norm1, attention, norm2, mlp, weights);
  }
}
