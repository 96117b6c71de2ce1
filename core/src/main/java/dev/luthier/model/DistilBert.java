package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.nn.Activation;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.LayerNorm;
import dev.luthier.nn.Linear;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** DistilBERT: BERT with half the blocks and no segments. Sanh et al., arXiv 1910.01108. */
final class DistilBert implements Family {
  private static final double EPS = 1e-12;

  @Override
  public Set<String> modelTypes() {
    return Set.of("distilbert");
  }

  @Override
  public String models() {
    return "DistilBERT";
  }

  @Override
  public Transformer.Kind kind() {
    return Transformer.Kind.ENCODER;
  }

  @Override
  public Names names() {
    return new Names(
        "distilbert.embeddings.word_embeddings.weight",
        "vocab_projector.weight",
        "distilbert.",
        List.of("vocab_", "pre_classifier.", "classifier."),
        List.of("embeddings.position_ids"));
  }

  @Override
  public ObjectNode defaults() {
    return Json.object().put("hidden_dim", 3072).put("max_position_embeddings", 512);
  }

  @Override
  public Transformer build(Assembly a) {
    ConfigReader in = a.config();
    Sizes s = Sizes.of(in);
    // The file may say that positions are sinusoids; they are stored all the same.
    boolean tied = in.flag("tie_word_embeddings", true);
    in.finish();
    String path = "distilbert.embeddings.";
    Embedding words = a.embedding(path + "word_embeddings.weight", s.vocabulary(), s.hidden());
    LearnedPositions positions =
        a.positions(path + "position_embeddings.weight", s.maxPositions(), s.hidden(), 0);
    LayerNorm norm = a.layerNorm(path + "LayerNorm", s.hidden(), EPS);
    Embedder embedder =
        (tokens, pass, tape) ->
            norm.forward(words.forward(tokens, tape).plus(positions.forward(pass.places(), tape)));
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < s.blocks(); i++) {
      blocks.add(block(a, s, "distilbert.transformer.layer." + i));
    }
    return switch (a.task().kind()) {
      case LANGUAGE -> {
        Linear dense = a.linears().scores("vocab_transform", s.hidden(), s.hidden(), true);
        LayerNorm last = a.layerNorm("vocab_layer_norm", s.hidden(), EPS);
        Linear head =
            a.linears()
                .head(
                    "vocab_projector",
                    words.weight(),
                    s.hidden(),
                    s.vocabulary(),
                    tied,
                    Optional.of("vocab_projector.bias"));
        yield a.encoder(
            s.shape(),
            embedder,
            blocks,
            (x, pass) -> last.forward(s.activation().forward(dense.forward(x, pass))),
            head);
      }
      case SEQUENCE -> {
        Linear dense = a.linears().scores("pre_classifier", s.hidden(), s.hidden(), true);
        Linear head = a.linears().scores("classifier", s.hidden(), a.task().labels(), true);
        yield a.encoder(
            s.shape(),
            embedder,
            blocks,
            (x, pass) -> Activation.RELU.forward(dense.forward(x, pass)),
            head);
      }
      case TOKENS -> {
        Linear head = a.linears().scores("classifier", s.hidden(), a.task().labels(), true);
        yield a.encoder(s.shape(), embedder, blocks, (x, pass) -> x, head);
      }
    };
  }

  private static Block block(Assembly a, Sizes s, String path) {
    String[] names = {"q_lin", "k_lin", "v_lin", "out_lin"};
    SelfAttention attention = s.attention(a, path + ".attention.", names, true, true);
    LayerNorm norm1 = a.layerNorm(path + ".sa_layer_norm", s.hidden(), EPS);
    FeedForward mlp = s.feedForward(a, path + ".ffn.lin1", path + ".ffn.lin2", true);
    LayerNorm norm2 = a.layerNorm(path + ".output_layer_norm", s.hidden(), EPS);
    return new PostNormBlock(attention, norm1, mlp, norm2, a.linears().under(path));
  }
}
