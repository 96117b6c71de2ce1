package dev.luthier.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.nn.Pass;
import dev.luthier.nn.RopeScaling;
import dev.luthier.nn.Rotary;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Gemma 3's text model: Gemma 2 without caps, with normed queries and keys; most blocks see through
 * a window and have rotary frequencies of their own. Gemma Team, "Gemma 3", arXiv 2503.19786.
 */
final class Gemma3 implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("gemma3_text");
  }

  @Override
  public String models() {
    return "Gemma 3 (text)";
  }

  @Override
  public ObjectNode defaults() {
    return Json.object()
        .put("num_attention_heads", 8)
        .put("num_key_value_heads", 4)
        .put("head_dim", 256)
        .put("max_position_embeddings", 131072)
        .put("sliding_window", 4096)
        .put("_sliding_window_pattern", 6)
        .put("query_pre_attn_scalar", 256)
        .put("tie_word_embeddings", true);
  }

  @Override
  public Transformer build(Assembly a) {
    LlamaConfig c = Gemma.config(withoutRope(a));
    ConfigReader in = a.config();
    int pattern = in.integerOf("sliding_window_pattern", "_sliding_window_pattern");
    SlidingLayers sliding =
        SlidingLayers.of(
            in,
            c.numHiddenLayers(),
            in.integer("sliding_window", 4096),
            i -> (i + 1) % pattern != 0);
    double scale = 1 / Math.sqrt(in.number("query_pre_attn_scalar", c.headDim()));
    // Files may have Gemma 2's attn_logit_softcapping; Gemma 3 does not cap its scores.
    double logitCap = in.number("final_logit_softcapping", 0);
    boolean both = in.flag("use_bidirectional_attention", false);
    in.supports(!both, "use_bidirectional_attention", "only false is supported");
    Rotary whole = new Rotary(rope(in, "full_attention", "rope_theta", 1e6, c));
    Rotary local = new Rotary(rope(in, "sliding_attention", "rope_local_base_freq", 1e4, c));
    in.finish();
    Llama.Blocks blocks =
        (i, path) ->
            Gemma2.block(
                a,
                c,
                path,
                Llama.attention(a, c, path + ".self_attn.", c.attentionBias())
                    .normed(
                        Gemma.norm(a, path + ".self_attn.q_norm", c.headDim(), c),
                        Gemma.norm(a, path + ".self_attn.k_norm", c.headDim(), c))
                    .scaled(scale)
                    .seeing(sliding.view(i)));
    Stack.Views views =
        a.turned(
            whole,
            places ->
                List.of(
                    new Pass.View(a.plan(places, 0), a.tables(whole, places), null),
                    new Pass.View(
                        a.plan(places, sliding.window()), a.tables(local, places), null)));
    return Gemma.decoder(a, c, blocks, logitCap, views);
  }

  /** The rotary settings are read apart, since there are two. */
  private static Assembly withoutRope(Assembly a) {
    ObjectNode json = a.json().deepCopy();
    json.remove(List.of("rope_scaling", "rope_parameters"));
    return new Assembly(json, a.where(), a.linears(), a.task());
  }

  /** New files have one for each kind of block; in old ones only whole attention is scaled. */
  private static RopeScaling rope(
      ConfigReader in, String kind, String key, double otherwise, LlamaConfig c) {
    JsonNode own = in.at("rope_parameters").path(kind);
    Optional<JsonNode> scaling =
        own.isObject()
            ? Optional.of(own)
            : kind.equals("full_attention") ? in.rope() : Optional.empty();
    double theta = own.path("rope_theta").asDouble(in.number(key, otherwise));
    int positions = c.maxPositionEmbeddings();
    return RopeReader.read(scaling, c.headDim(), theta, positions, positions, in.where());
  }
}
