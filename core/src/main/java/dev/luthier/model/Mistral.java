package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.nn.Rotary;
import java.util.Set;

/**
 * Mistral and Zephyr: Llama whose tokens may see no further back than a window. Jiang et al.,
 * "Mistral 7B", arXiv 2310.06825.
 */
final class Mistral implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("mistral");
  }

  @Override
  public String models() {
    return "Mistral, Zephyr";
  }

  @Override
  public ObjectNode defaults() {
    return Json.object()
        .put("num_key_value_heads", 8)
        .put("max_position_embeddings", 131072)
        .put("sliding_window", 4096);
  }

  @Override
  public Transformer build(Assembly a) {
    LlamaConfig c = LlamaConfig.of(a.json(), a.where());
    int window = a.config().integerOrNone("sliding_window");
    return Llama.decoder(
        a, c, (i, path) -> Llama.block(a, c, path), a.causal(new Rotary(c.rope()), window));
  }
}
