package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.model.BlockShape.Layer;
import dev.luthier.nn.BlockWeights;
import dev.luthier.nn.Norm;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Rotary;
import dev.luthier.nn.Value;
import java.util.Set;

/**
 * Gemma 2: Gemma with capped scores and logits, norms before and after each layer, and a window in
 * every other block. Gemma Team, "Gemma 2", arXiv 2408.00118.
 */
final class Gemma2 implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("gemma2");
  }

  @Override
  public String models() {
    return "Gemma 2";
  }

  @Override
  public ObjectNode defaults() {
    return Json.object()
        .put("num_attention_heads", 8)
        .put("num_key_value_heads", 4)
        .put("head_dim", 256)
        .put("max_position_embeddings", 8192)
        .put("sliding_window", 4096)
        .put("query_pre_attn_scalar", 256)
        .put("attn_logit_softcapping", 50.0)
        .put("final_logit_softcapping", 30.0)
        .put("tie_word_embeddings", true);
  }

  @Override
  public Transformer build(Assembly a) {
    LlamaConfig c = Gemma.config(a);
    ConfigReader in = a.config();
    SlidingLayers sliding =
        SlidingLayers.of(
            in, c.numHiddenLayers(), in.integerOrNone("sliding_window"), i -> i % 2 == 0);
    double scale = 1 / Math.sqrt(in.number("query_pre_attn_scalar", c.headDim()));
    double cap = in.number("attn_logit_softcapping", 0);
    double logitCap = in.number("final_logit_softcapping", 0);
    in.finish();
    Llama.Blocks blocks =
        (i, path) ->
            block(
                a,
                c,
                path,
                Llama.attention(a, c, path + ".self_attn.", c.attentionBias())
                    .scaled(scale)
                    .capped(cap)
                    .seeing(sliding.view(i)));
    return Gemma.decoder(
        a, c, blocks, logitCap, a.causal(new Rotary(c.rope()), 0, sliding.window()));
  }

  static Block block(Assembly a, LlamaConfig c, String path, SelfAttention attention) {
    return new SandwichBlock(
        Gemma.norm(a, path + ".input_layernorm", c.hiddenSize(), c),
        attention,
        Gemma.norm(a, path + ".post_attention_layernorm", c.hiddenSize(), c),
        Gemma.norm(a, path + ".pre_feedforward_layernorm", c.hiddenSize(), c),
        Gemma.feedForward(a, c, path),
        Gemma.norm(a, path + ".post_feedforward_layernorm", c.hiddenSize(), c),
        a.linears().under(path));
  }

  /** Each layer has a norm before and one after, within the residual connection. */
  private record SandwichBlock(
      Norm before1,
      SelfAttention attention,
      Norm after1,
      Norm before2,
      FeedForward feedForward,
      Norm after2,
      BlockWeights weights)
      implements Block {
    @Override
    public Value forward(Value x, Pass pass) {
      Value h = x.plus(after1.forward(attention.forward(before1.forward(x), pass)));
      return h.plus(after2.forward(feedForward.forward(before2.forward(h), pass)));
    }

    @Override
    public BlockShape shape() {
      int d = attention.hidden();
      Layer mlp = feedForward.layer();
      return BlockShape.of(
          d,
          Layer.norm(before1, d),
          attention.layer().carrying(d),
          Layer.sums(d),
          Layer.norm(after1, d),
          Layer.sums(d),
          Layer.norm(before2, d),
          mlp.carrying(d),
          Layer.sums(mlp.last()),
          Layer.norm(after2, d));
    }
  }
}
