package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.nn.Activation;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.LayerNorm;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * BERT: post-norm blocks in which every token sees all others; positions and segments are learned.
 * Devlin et al., arXiv 1810.04805.
 */
final class Bert implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("bert");
  }

  @Override
  public String models() {
    return "BERT";
  }

  @Override
  public Transformer.Kind kind() {
    return Transformer.Kind.ENCODER;
  }

  @Override
  public Names names() {
    return new Names(
        "bert.embeddings.word_embeddings.weight",
        "cls.predictions.decoder.weight",
        "bert.",
        List.of("cls.", "classifier."),
        List.of(
            "embeddings.position_ids",
            "cls.predictions.decoder.bias", // the same as cls.predictions.bias
            "cls.seq_relationship.weight",
            "cls.seq_relationship.bias"));
  }

  @Override
  public ObjectNode defaults() {
    return Json.object().put("intermediate_size", 3072).put("max_position_embeddings", 512);
  }

  @Override
  public Transformer build(Assembly a) {
    ConfigReader in = a.config();
    Sizes s = Sizes.of(in);
    double eps = in.number("layer_norm_eps", 1e-12);
    int types = in.integer("type_vocab_size", 2);
    boolean tied = in.flag("tie_word_embeddings", true);
    checkEncoder(in);
    in.finish();
    String path = "bert.embeddings.";
    Embedding words = a.embedding(path + "word_embeddings.weight", s.vocabulary(), s.hidden());
    LearnedPositions positions =
        a.positions(path + "position_embeddings.weight", s.maxPositions(), s.hidden(), 0);
    Segments segments = a.segments(path + "token_type_embeddings.weight", types, s.hidden());
    LayerNorm norm = a.layerNorm(path + "LayerNorm", s.hidden(), eps);
    Embedder embedder =
        (tokens, pass, tape) ->
            norm.forward(
                words
                    .forward(tokens, tape)
                    .plus(segments.forward(pass.places(), tape))
                    .plus(positions.forward(pass.places(), tape)));
    List<Block> blocks = blocks(a, s, eps, "bert.encoder.layer.");
    if (a.task().kind() != Task.Kind.SEQUENCE) {
      a.tolerate("bert.pooler.dense.weight", "bert.pooler.dense.bias");
    }
    return new EncoderHeads(
            "cls.predictions.transform.dense",
            "cls.predictions.transform.LayerNorm",
            s.activation(),
            "cls.predictions.decoder",
            "cls.predictions.bias",
            "bert.pooler.dense",
            Activation.TANH,
            "classifier")
        .encoder(a, s.shape(), embedder, blocks, words, tied, eps);
  }

  /** Refuses what a configuration of BERT's kind may ask for and we do not have. */
  static void checkEncoder(ConfigReader in) {
    String positions = in.text("position_embedding_type", "absolute");
    in.supports(
        positions.equals("absolute"), "position_embedding_type", "only absolute is supported");
    in.supports(!in.flag("is_decoder", false), "is_decoder", "only encoders are supported");
  }

  /** BERT's blocks, which RoBERTa has as well. */
  static List<Block> blocks(Assembly a, Sizes s, double eps, String layers) {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < s.blocks(); i++) {
      String path = layers + i;
      String[] names = {"self.query", "self.key", "self.value", "output.dense"};
      SelfAttention attention = s.attention(a, path + ".attention.", names, true, true);
      LayerNorm norm1 = a.layerNorm(path + ".attention.output.LayerNorm", s.hidden(), eps);
      FeedForward mlp =
          s.feedForward(a, path + ".intermediate.dense", path + ".output.dense", true);
      LayerNorm norm2 = a.layerNorm(path + ".output.LayerNorm", s.hidden(), eps);
      blocks.add(new PostNormBlock(attention, norm1, mlp, norm2, a.linears().under(path)));
    }
    return blocks;
  }
}
