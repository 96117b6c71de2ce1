package dev.luthier.model;

import dev.luthier.model.SelfAttention.Projection;
import dev.luthier.nn.BlockWeights;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.Linear;
import dev.luthier.nn.Norm;
import dev.luthier.nn.Rotary;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Falcon in its three layouts: RW (a head each for keys, sequential), 7B (one key head, parallel
 * under one norm), 40B (groups of heads, parallel under two norms). Almazrouei et al., "The Falcon
 * Series of Open Language Models", arXiv 2311.16867.
 */
final class Falcon implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("falcon", "RefinedWeb", "RefinedWebModel");
  }

  @Override
  public String models() {
    return "Falcon 7B, 40B, 180B and RW";
  }

  @Override
  public Names names() {
    return new Names(
        "transformer.word_embeddings.weight",
        "lm_head.weight",
        "transformer.",
        List.of("lm_head.", "score.", "classifier."),
        List.of("rotary_emb.inv_freq"));
  }

  /** What config.json says beside the sizes. */
  private record Layout(
      double eps, boolean grouped, boolean oneKey, boolean parallel, int norms, boolean bias) {}

  @Override
  public Transformer build(Assembly a) {
    ConfigReader in = a.config();
    Sizes s = Sizes.of(in);
    // Falcon 40B's first files say what it is by their model_type alone.
    boolean first40 = in.text("model_type", "").equals("RefinedWeb");
    boolean grouped = in.flag("new_decoder_architecture", first40);
    Layout layout =
        new Layout(
            in.number("layer_norm_epsilon", 1e-5),
            grouped,
            in.flag("multi_query", true),
            in.flag("parallel_attn", true),
            in.integer("num_ln_in_parallel_attn", grouped ? 2 : 1),
            in.flag("bias", false));
    boolean alibi = in.flag("alibi", false);
    int keyHeads = grouped ? in.integer(in.firstOf("num_kv_heads", "n_head_kv"), s.heads()) : 1;
    boolean tied = in.flag("tie_word_embeddings", true);
    in.supports(layout.parallel || !grouped, "parallel_attn", "the new decoder is parallel");
    in.supports(s.heads() % keyHeads == 0, "num_kv_heads", "it must divide " + s.heads());
    Rotary rotary = new Rotary(RopeReader.read(in, s.headDim(), s.maxPositions()));
    in.finish();
    Embedding embedding =
        a.embedding("transformer.word_embeddings.weight", s.vocabulary(), s.hidden());
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < s.blocks(); i++) {
      blocks.add(block(a, s, layout, keyHeads, "transformer.h." + i));
    }
    // The bias is scaled as the scores are, and rounded to bfloat16, as in the original.
    double scale = 1 / Math.sqrt(s.headDim());
    return a.decoder(
        s.shape(),
        Embedder.of(embedding),
        blocks,
        a.layerNorm("transformer.ln_f", s.hidden(), layout.eps),
        a.head("lm_head", "classifier", embedding, tied),
        alibi
            ? a.causal(
                places -> Alibi.bias(places, s.heads(), scale, ScalarType.BFloat16, a.base()))
            : a.causal(rotary, 0));
  }

  private static Block block(Assembly a, Sizes s, Layout l, int keyHeads, String path) {
    int d = s.hidden();
    boolean two = l.parallel && l.grouped && l.norms == 2;
    Norm norm1 = a.layerNorm(path + (two ? ".ln_attn" : ".input_layernorm"), d, l.eps);
    Norm norm2 =
        two
            ? a.layerNorm(path + ".ln_mlp", d, l.eps)
            : l.parallel ? norm1 : a.layerNorm(path + ".post_attention_layernorm", d, l.eps);
    SelfAttention attention = attention(a, s, l, keyHeads, path + ".self_attention.");
    FeedForward mlp =
        s.feedForward(a, path + ".mlp.dense_h_to_4h", path + ".mlp.dense_4h_to_h", l.bias);
    BlockWeights weights = a.linears().under(path);
    return l.parallel
        ? new ParallelBlock(norm1, attention, norm2, mlp, weights)
        : new PreNormBlock(norm1, attention, norm2, mlp, weights);
  }

  private static SelfAttention attention(Assembly a, Sizes s, Layout l, int keyHeads, String path) {
    int d = s.hidden();
    int e = s.headDim();
    int keys = l.grouped ? keyHeads : l.oneKey ? 1 : s.heads();
    Linear qkv = a.linears().create(path + "query_key_value", d, d + 2 * keys * e, l.bias);
    Projection projection =
        l.grouped
            ? Projection.perGroup(qkv, s.heads(), keys)
            : l.oneKey ? Projection.columns(qkv, d, e) : Projection.perHead(qkv, s.heads());
    Linear out = a.linears().create(path + "dense", d, d, l.bias);
    return SelfAttention.of(projection, out, s.heads(), keys, e);
  }
}
