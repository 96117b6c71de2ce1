package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.nn.RmsNorm;
import dev.luthier.nn.Rotary;
import java.util.Set;

/**
 * Qwen 3: Llama whose queries and keys are normed head by head. Yang et al., "Qwen3 Technical
 * Report", arXiv 2505.09388.
 */
final class Qwen3 implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("qwen3");
  }

  @Override
  public String models() {
    return "Qwen 3 (dense)";
  }

  @Override
  public ObjectNode defaults() {
    return new Qwen2().defaults().put("head_dim", 128);
  }

  @Override
  public Transformer build(Assembly a) {
    LlamaConfig c = LlamaConfig.of(a.json(), a.where());
    SlidingLayers sliding = SlidingLayers.ofQwen(a.config(), c.numHiddenLayers());
    Llama.Blocks blocks =
        (i, path) -> {
          RmsNorm norm1 = a.rmsNorm(path + ".input_layernorm", c.hiddenSize(), c.rmsNormEps());
          SelfAttention attention = Llama.attention(a, c, path + ".self_attn.", c.attentionBias());
          RmsNorm query = a.rmsNorm(path + ".self_attn.q_norm", c.headDim(), c.rmsNormEps());
          RmsNorm key = a.rmsNorm(path + ".self_attn.k_norm", c.headDim(), c.rmsNormEps());
          attention = attention.normed(query, key).seeing(sliding.view(i));
          return Llama.block(a, c, path, norm1, attention);
        };
    return Llama.decoder(a, c, blocks, a.causal(new Rotary(c.rope()), 0, sliding.window()));
  }
}
