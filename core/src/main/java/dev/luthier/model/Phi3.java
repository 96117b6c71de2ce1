package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.nn.Linear;
import dev.luthier.nn.RmsNorm;
import dev.luthier.nn.Rotary;
import java.util.Set;

/**
 * Phi-3, Phi-3.5 and Phi-4: Llama with fused projections, longrope and, for some, only a part of
 * each head turned. Abdin et al., "Phi-3 Technical Report", arXiv 2404.14219.
 */
final class Phi3 implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("phi3");
  }

  @Override
  public String models() {
    return "Phi-3, Phi-3.5 mini, Phi-4";
  }

  @Override
  public ObjectNode defaults() {
    return Json.object()
        .put("max_position_embeddings", 4096)
        .put("original_max_position_embeddings", 4096)
        .put("rms_norm_eps", 1e-5);
  }

  @Override
  public Transformer build(Assembly a) {
    LlamaConfig c = LlamaConfig.sizes(a.json(), a.where());
    ConfigReader in = a.config();
    int window = in.integerOrNone("sliding_window");
    int turned = RopeReader.turned(in, c.headDim(), 1);
    Rotary rotary = new Rotary(RopeReader.read(in, turned, c.maxPositionEmbeddings()));
    in.finish();
    return Llama.decoder(a, c, (i, path) -> block(a, c, path), a.causal(rotary, window));
  }

  private static Block block(Assembly a, LlamaConfig c, String path) {
    int d = c.hiddenSize();
    int f = c.intermediateSize();
    int query = c.numAttentionHeads() * c.headDim();
    int key = c.numKeyValueHeads() * c.headDim();
    RmsNorm norm1 = a.rmsNorm(path + ".input_layernorm", d, c.rmsNormEps());
    Linear qkv = a.linears().create(path + ".self_attn.qkv_proj", d, query + 2 * key, false);
    SelfAttention attention =
        SelfAttention.of(
            SelfAttention.Projection.columns(qkv, query, key),
            a.linears().create(path + ".self_attn.o_proj", query, d, false),
            c.numAttentionHeads(),
            c.numKeyValueHeads(),
            c.headDim());
    RmsNorm norm2 = a.rmsNorm(path + ".post_attention_layernorm", d, c.rmsNormEps());
    Linear gateUp = a.linears().create(path + ".mlp.gate_up_proj", d, 2 * f, false);
    Linear down = a.linears().create(path + ".mlp.down_proj", f, d, false);
    FeedForward mlp = FeedForward.gated(gateUp, c.hiddenAct(), down);
    return new PreNormBlock(norm1, attention, norm2, mlp, a.linears().under(path));
  }
}
