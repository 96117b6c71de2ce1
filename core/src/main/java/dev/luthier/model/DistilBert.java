package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.nn.Activation;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.LayerNorm;
import java.util.ArrayList;
import java.util.List;
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
    return new EncoderHeads(
            "vocab_transform",
            "vocab_layer_norm",
            s.activation(),
            "vocab_projector",
            "vocab_projector.bias",
            "pre_classifier",
            Activation.RELU,
            "classifier")
        .encoder(a, s.shape(), embedder, blocks, words, tied, EPS);
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
