package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.nn.Activation;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.LayerNorm;
import java.util.List;
import java.util.Set;

/**
 * RoBERTa: BERT whose positions are counted from behind the padding id, with heads of its own. Liu
 * et al., arXiv 1907.11692.
 */
final class Roberta implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("roberta", "xlm-roberta", "camembert");
  }

  @Override
  public String models() {
    return "RoBERTa, XLM-RoBERTa, CamemBERT";
  }

  @Override
  public Transformer.Kind kind() {
    return Transformer.Kind.ENCODER;
  }

  @Override
  public Names names() {
    return new Names(
        "roberta.embeddings.word_embeddings.weight",
        "lm_head.decoder.weight",
        "roberta.",
        List.of("lm_head.", "classifier."),
        List.of(
            "embeddings.position_ids",
            "lm_head.decoder.bias", // the same as lm_head.bias
            "pooler.dense.weight",
            "pooler.dense.bias"));
  }

  @Override
  public ObjectNode defaults() {
    return Json.object()
        .put("intermediate_size", 3072)
        .put("max_position_embeddings", 512)
        .put("pad_token_id", 1);
  }

  @Override
  public Transformer build(Assembly a) {
    ConfigReader in = a.config();
    Sizes s = Sizes.of(in);
    double eps = in.number("layer_norm_eps", 1e-12);
    int types = in.integer("type_vocab_size", 2);
    int pad = in.integerOrNone("pad_token_id");
    boolean tied = in.flag("tie_word_embeddings", true);
    Bert.checkEncoder(in);
    in.supports(s.maxPositions() > pad + 1, "max_position_embeddings", "too few for pad_token_id");
    in.finish();
    String path = "roberta.embeddings.";
    int first = pad + 1;
    int longest = s.maxPositions() - first;
    Embedding words = a.embedding(path + "word_embeddings.weight", s.vocabulary(), s.hidden());
    LearnedPositions positions =
        a.positions(path + "position_embeddings.weight", longest, s.hidden(), first);
    Segments segments = a.segments(path + "token_type_embeddings.weight", types, s.hidden());
    LayerNorm norm = a.layerNorm(path + "LayerNorm", s.hidden(), eps);
    Embedder embedder =
        (tokens, pass, tape) ->
            norm.forward(
                words
                    .forward(tokens, tape)
                    .plus(segments.forward(pass.places(), tape))
                    .plus(positions.counted(pass.places(), tape)));
    List<Block> blocks = Bert.blocks(a, s, eps, "roberta.encoder.layer.");
    return new EncoderHeads(
            "lm_head.dense",
            "lm_head.layer_norm",
            Activation.GELU,
            "lm_head.decoder",
            "lm_head.bias",
            "classifier.dense",
            Activation.TANH,
            "classifier.out_proj")
        .encoder(a, s.withPositions(longest).shape(), embedder, blocks, words, tied, eps);
  }
}
