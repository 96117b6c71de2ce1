package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.nn.RmsNorm;
import dev.luthier.nn.Rotary;
import java.util.Set;

/**
 * Qwen 1.5, 2 and 2.5: Llama whose queries, keys and values have biases; upper layers may see
 * through a window. Yang et al., "Qwen2 Technical Report", arXiv 2407.10671.
 */
final class Qwen2 implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("qwen2");
  }

  @Override
  public String models() {
    return "Qwen 1.5, 2 and 2.5";
  }

  @Override
  public ObjectNode defaults() {
    return Json.object()
        .put("num_key_value_heads", 32)
        .put("max_position_embeddings", 32768)
        .put("sliding_window", 4096)
        .put("max_window_layers", 28);
  }

  @Override
  public Transformer build(Assembly a) {
    LlamaConfig c = LlamaConfig.of(a.json(), a.where());
    SlidingLayers sliding = SlidingLayers.ofQwen(a.config(), c.numHiddenLayers());
    Llama.Blocks blocks =
        (i, path) -> {
          RmsNorm norm1 = a.rmsNorm(path + ".input_layernorm", c.hiddenSize(), c.rmsNormEps());
          SelfAttention attention = Llama.attention(a, c, path + ".self_attn.", true, false);
          return Llama.block(a, c, path, norm1, attention.seeing(sliding.view(i)));
        };
    return Llama.decoder(a, c, blocks, a.causal(new Rotary(c.rope()), 0, sliding.window()));
  }
}
