package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.nn.Experts;
import dev.luthier.nn.Linear;
import dev.luthier.nn.Pass;
import dev.luthier.nn.RmsNorm;
import dev.luthier.nn.Rotary;
import dev.luthier.nn.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Mixtral: Mistral with a sparse mixture of experts for a feed-forward layer. Jiang et al.,
 * "Mixtral of Experts", arXiv 2401.04088.
 */
final class Mixtral implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("mixtral");
  }

  @Override
  public String models() {
    return "Mixtral";
  }

  @Override
  public ObjectNode defaults() {
    return Json.object()
        .put("num_key_value_heads", 8)
        .put("max_position_embeddings", 131072)
        .put("rms_norm_eps", 1e-5)
        .put("rope_theta", 1e6);
  }

  @Override
  public Transformer build(Assembly a) {
    LlamaConfig c = LlamaConfig.of(a.json(), a.where());
    ConfigReader in = a.config();
    int window = in.integerOrNone("sliding_window");
    int experts = in.integer("num_local_experts", 8);
    int chosen = in.integer("num_experts_per_tok", 2);
    in.supports(chosen <= experts, "num_experts_per_tok", "there are only " + experts);
    boolean balanced = in.flag("output_router_logits", false);
    double balance = balanced ? in.number("router_aux_loss_coef", 0.001) : 0;
    in.finish();
    Llama.Blocks blocks =
        (i, path) -> {
          RmsNorm norm1 = a.rmsNorm(path + ".input_layernorm", c.hiddenSize(), c.rmsNormEps());
          SelfAttention attention = Llama.attention(a, c, path + ".self_attn.", false);
          RmsNorm norm2 =
              a.rmsNorm(path + ".post_attention_layernorm", c.hiddenSize(), c.rmsNormEps());
          FeedForward mixture = mixture(a, c, path + ".block_sparse_moe.", experts, chosen);
          return new PreNormBlock(norm1, attention, norm2, mixture, a.linears().under(path));
        };
    return Llama.decoder(a, c, blocks, a.balanced(balance, a.causal(new Rotary(c.rope()), window)));
  }

  private static FeedForward mixture(
      Assembly a, LlamaConfig c, String path, int experts, int chosen) {
    Linear router = a.linears().create(path + "gate", c.hiddenSize(), experts, false);
    List<FeedForward> all = new ArrayList<>();
    for (int e = 0; e < experts; e++) {
      String expert = path + "experts." + e + ".";
      all.add(
          FeedForward.gated(
              a.linears(),
              new String[] {expert + "w1", expert + "w3", expert + "w2"},
              c.hiddenSize(),
              c.intermediateSize(),
              c.hiddenAct(),
              false));
    }
    return new Mixture(router, all, chosen);
  }

  /**
   * Experts, of which each token is given to a few.
   *
   * @param chosen k
   */
  private record Mixture(Linear router, List<FeedForward> experts, int chosen)
      implements FeedForward {
    @Override
    public Value forward(Value x, Pass pass) {
      return Experts.forward(
          x,
          v -> router.forward(v, pass),
          chosen,
          (e, v, rows) -> experts.get(e).forward(v, pass.ofRows(rows)),
          experts.size(),
          router,
          pass);
    }

    /** In the worst case all tokens go to the same experts. */
    @Override
    public BlockShape.Layer layer() {
      BlockShape.Layer one = experts.get(0).layer();
      long d = router.in();
      long k = chosen;
      long choice = 4L * experts.size() + 32 * k; // logits, float32 weights, int64 indices
      return new BlockShape.Layer(
          k * (d + one.kept()) + choice,
          2 * d + Math.max(4 * k * d, 2 * k * d + one.back()),
          k * d,
          2 * d + 2 * k * d + one.beside(),
          d + k * one.inputs(),
          k * one.widest(),
          d + 2 * k * d,
          Optional.empty());
    }
  }
}
