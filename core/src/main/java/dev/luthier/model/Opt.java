package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.nn.BlockWeights;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.LayerNorm;
import dev.luthier.nn.Linear;
import dev.luthier.nn.Norm;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * OPT: pre-norm blocks (post-norm in OPT-350M, which also embeds tokens in fewer dimensions) with
 * learned positions. Zhang et al., "OPT: Open Pre-trained Transformer Language Models", arXiv
 * 2205.01068.
 */
final class Opt implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("opt");
  }

  @Override
  public String models() {
    return "OPT, Galactica";
  }

  @Override
  public Names names() {
    return new Names(
        "model.decoder.embed_tokens.weight",
        "lm_head.weight",
        "model.",
        List.of("lm_head.", "score."),
        List.of());
  }

  /** The table's first two rows stand for nothing. */
  private static final int OFFSET = 2;

  private static final double EPS = 1e-5;

  @Override
  public ObjectNode defaults() {
    return Json.object().put("ffn_dim", 3072).put("activation_function", "relu");
  }

  /**
   * What config.json says beside the sizes.
   *
   * @param before whether norms stand before the layers
   * @param bias whether linear layers have biases
   * @param affine whether norms have parameters; Galactica's have none
   */
  private record Layout(boolean before, boolean bias, boolean affine) {
    Norm norm(Assembly a, String path, int width) {
      return affine ? a.layerNorm(path, width, EPS) : LayerNorm.plain(a.base(), width, EPS);
    }
  }

  @Override
  public Transformer build(Assembly a) {
    ConfigReader in = a.config();
    Sizes s = Sizes.of(in);
    int narrow = in.integer("word_embed_proj_dim", s.hidden());
    boolean before = in.flag("do_layer_norm_before", true);
    boolean last = before && !in.flag("_remove_final_layer_norm", false);
    Layout layout =
        new Layout(
            before, in.flag("enable_bias", true), in.flag("layer_norm_elementwise_affine", true));
    boolean tied = in.flag("tie_word_embeddings", true);
    in.finish();
    String path = "model.decoder.";
    Embedding embedding = a.embedding(path + "embed_tokens.weight", s.vocabulary(), narrow);
    LearnedPositions positions =
        a.positions(path + "embed_positions.weight", s.maxPositions(), s.hidden(), OFFSET);
    boolean projects = narrow != s.hidden();
    Projections ends = projects ? Projections.of(a, path, narrow, s.hidden()) : Projections.NONE;
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < s.blocks(); i++) {
      blocks.add(block(a, s, layout, path + "layers." + i));
    }
    Norm norm = last ? layout.norm(a, path + "final_layer_norm", s.hidden()) : x -> x;
    return a.decoder(
        s.shape(),
        (tokens, pass, tape) ->
            ends.in(embedding.forward(tokens, tape), pass)
                .plus(positions.counted(pass.places(), tape)),
        blocks,
        (x, pass) -> ends.out(norm.forward(x), pass),
        a.head("lm_head", embedding, tied),
        0,
        a.causal(0));
  }

  /** Between the tokens' width and the blocks'. */
  private record Projections(@Nullable Linear into, @Nullable Linear back) {
    static final Projections NONE = new Projections(null, null);

    static Projections of(Assembly a, String path, int narrow, int wide) {
      return new Projections(
          a.linears().create(path + "project_in", narrow, wide, false),
          a.linears().create(path + "project_out", wide, narrow, false));
    }

    Value in(Value x, Pass pass) {
      return into == null ? x : into.forward(x, pass);
    }

    Value out(Value x, Pass pass) {
      return back == null ? x : back.forward(x, pass);
    }
  }

  private static Block block(Assembly a, Sizes s, Layout l, String path) {
    String[] names = {"q_proj", "k_proj", "v_proj", "out_proj"};
    SelfAttention attention = s.attention(a, path + ".self_attn.", names, l.bias, l.bias);
    Norm norm1 = l.norm(a, path + ".self_attn_layer_norm", s.hidden());
    FeedForward mlp = s.feedForward(a, path + ".fc1", path + ".fc2", l.bias);
    Norm norm2 = l.norm(a, path + ".final_layer_norm", s.hidden());
    BlockWeights weights = a.linears().under(path);
    return l.before
        ? new PreNormBlock(norm1, attention, norm2, mlp, weights)
        : new PostNormBlock(attention, norm1, mlp, norm2, weights);
  }
}
