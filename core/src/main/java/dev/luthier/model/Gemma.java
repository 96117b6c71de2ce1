package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.Init;
import dev.luthier.nn.Norm;
import dev.luthier.nn.RmsNorm;
import dev.luthier.nn.Rotary;
import dev.luthier.tensor.Tensors;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Gemma 1: Llama with embeddings scaled by sqrt(D), norms that add 1 to their weight, and GELU
 * gates. Gemma Team, arXiv 2403.08295.
 */
final class Gemma implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("gemma");
  }

  @Override
  public String models() {
    return "Gemma 1, CodeGemma";
  }

  @Override
  public ObjectNode defaults() {
    return Json.object()
        .put("num_key_value_heads", 16)
        .put("head_dim", 256)
        .put("max_position_embeddings", 8192)
        .put("tie_word_embeddings", true);
  }

  @Override
  public Transformer build(Assembly a) {
    LlamaConfig c = config(a);
    Llama.Blocks blocks =
        (i, path) -> {
          Norm norm1 = norm(a, path + ".input_layernorm", c.hiddenSize(), c);
          SelfAttention attention = Llama.attention(a, c, path + ".self_attn.", c.attentionBias());
          Norm norm2 = norm(a, path + ".post_attention_layernorm", c.hiddenSize(), c);
          FeedForward mlp = feedForward(a, c, path);
          return new PreNormBlock(norm1, attention, norm2, mlp, a.linears().under(path));
        };
    return decoder(a, c, blocks, 0, a.causal(new Rotary(c.rope()), 0));
  }

  /**
   * What all Gemmas have around their blocks: a scaled embedding, a last norm and a head.
   *
   * @param cap of the logits; 0 for none
   */
  static Transformer decoder(
      Assembly a, LlamaConfig c, Llama.Blocks make, double cap, Stack.Views views) {
    Embedding embedding = a.embedding("model.embed_tokens.weight", c.vocabSize(), c.hiddenSize());
    List<Block> blocks = Llama.blocks(c, make);
    Norm norm = norm(a, "model.norm", c.hiddenSize(), c);
    return a.decoder(
        c.shape(),
        scaled(a, embedding, c),
        blocks,
        (x, pass) -> norm.forward(x),
        a.head("lm_head", embedding, c.tieWordEmbeddings()),
        cap,
        views);
  }

  /** Llama's sizes; the gate's activation has a key of its own. */
  static LlamaConfig config(Assembly a) {
    ObjectNode json = a.json().deepCopy();
    json.put("hidden_act", json.path("hidden_activation").asText("gelu_pytorch_tanh"));
    return LlamaConfig.of(json, a.where());
  }

  /** A norm whose stored weight is 1 less than what it multiplies by. */
  static Norm norm(Assembly a, String path, int width, LlamaConfig c) {
    Tensor weight = a.base().get(path + ".weight", Init.ZEROS, width);
    return new RmsNorm(weight, c.rmsNormEps(), 1);
  }

  static FeedForward feedForward(Assembly a, LlamaConfig c, String path) {
    return FeedForward.gated(
        a.linears(),
        path + ".mlp",
        c.hiddenSize(),
        c.intermediateSize(),
        c.hiddenAct(),
        c.mlpBias());
  }

  /** Embeddings times sqrt(D), rounded as the model's dtype rounds it. */
  private static Embedder scaled(Assembly a, Embedding embedding, LlamaConfig c) {
    float root = (float) Math.sqrt(c.hiddenSize());
    double factor = Tensors.rounded(root, a.base().compute());
    return (tokens, pass, tape) -> embedding.forward(tokens, tape).times(factor);
  }
}
