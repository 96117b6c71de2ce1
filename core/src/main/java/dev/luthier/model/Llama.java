package dev.luthier.model;

import dev.luthier.nn.Embedding;
import dev.luthier.nn.Linears;
import dev.luthier.nn.Linears.Part;
import dev.luthier.nn.RmsNorm;
import dev.luthier.nn.Rotary;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Llama 1, 2 and 3.x, TinyLlama, SmolLM: pre-norm blocks of rotary grouped-query attention and a
 * gated feed-forward layer. Touvron et al., arXiv 2302.13971 and 2307.09288; Grattafiori et al.,
 * arXiv 2407.21783.
 */
public final class Llama implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("llama");
  }

  @Override
  public String models() {
    return "Llama 1 to 3.x, TinyLlama, SmolLM";
  }

  @Override
  public Transformer build(Assembly a) {
    return build(LlamaConfig.of(a.json(), a.where()), a);
  }

  /** Puts a model of this configuration together. */
  public static Transformer build(LlamaConfig c, Assembly a) {
    Blocks blocks = (i, path) -> block(a, c, path);
    return decoder(a, c, blocks, a.causal(new Rotary(c.rope()), 0));
  }

  /** How a family makes its blocks. */
  interface Blocks {
    /**
     * The block of this number.
     *
     * @param path of the module
     */
    Block make(int i, String path);
  }

  /** What Llama's descendants have around their blocks: an embedding, a last norm and a head. */
  static Transformer decoder(Assembly a, LlamaConfig c, Blocks make, Stack.Views views) {
    Embedding embedding = a.embedding("model.embed_tokens.weight", c.vocabSize(), c.hiddenSize());
    return a.decoder(
        c.shape(),
        Embedder.of(embedding),
        blocks(c, make),
        a.rmsNorm("model.norm", c.hiddenSize(), c.rmsNormEps()),
        a.head("lm_head", embedding, c.tieWordEmbeddings()),
        views);
  }

  /** All blocks, under Llama's paths. */
  static List<Block> blocks(LlamaConfig c, Blocks make) {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < c.numHiddenLayers(); i++) {
      blocks.add(make.make(i, "model.layers." + i));
    }
    return blocks;
  }

  static Block block(Assembly a, LlamaConfig c, String path) {
    int d = c.hiddenSize();
    RmsNorm norm1 = a.rmsNorm(path + ".input_layernorm", d, c.rmsNormEps());
    return block(a, c, path, norm1, attention(a, c, path + ".self_attn.", c.attentionBias()));
  }

  /** Llama's block around another attention, which was asked for after the first norm. */
  static Block block(
      Assembly a, LlamaConfig c, String path, RmsNorm norm1, SelfAttention attention) {
    int d = c.hiddenSize();
    RmsNorm norm2 = a.rmsNorm(path + ".post_attention_layernorm", d, c.rmsNormEps());
    FeedForward mlp =
        FeedForward.gated(
            a.linears(), path + ".mlp", d, c.intermediateSize(), c.hiddenAct(), c.mlpBias());
    return new PreNormBlock(norm1, attention, norm2, mlp, a.linears().under(path));
  }

  /**
   * Llama's attention, which its descendants vary.
   *
   * @param bias whether q, k and v have biases, and o
   */
  static SelfAttention attention(Assembly a, LlamaConfig c, String path, boolean bias) {
    return attention(a, c, path, bias, bias);
  }

  static SelfAttention attention(
      Assembly a, LlamaConfig c, String path, boolean bias, boolean outBias) {
    Linears linears = a.linears();
    int d = c.hiddenSize();
    int heads = c.numAttentionHeads();
    int keyHeads = c.numKeyValueHeads();
    int e = c.headDim();
    return SelfAttention.of(
        SelfAttention.Projection.of(
            linears.group(
                d,
                new Part(path + "q_proj", heads * e, bias),
                new Part(path + "k_proj", keyHeads * e, bias),
                new Part(path + "v_proj", keyHeads * e, bias))),
        linears.create(path + "o_proj", heads * e, d, outBias),
        heads,
        keyHeads,
        e);
  }
}
