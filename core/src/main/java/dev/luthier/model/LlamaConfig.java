package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.nn.Activation;
import dev.luthier.nn.RopeScaling;
import java.util.ArrayList;
import java.util.List;

/**
 * A Llama's {@code config.json}, under its names.
 *
 * @param vocabSize V
 * @param hiddenSize D
 * @param intermediateSize width of the feed-forward layer
 * @param numHiddenLayers L
 * @param numAttentionHeads H
 * @param numKeyValueHeads K, a divisor of H
 * @param headDim E; need not be D / H
 * @param maxPositionEmbeddings the longest sequence that the model was made for
 * @param rmsNormEps the norms' epsilon
 * @param rope frequencies and their scaling
 * @param hiddenAct the gate's activation
 * @param attentionBias whether q, k, v and o have biases
 * @param mlpBias whether gate, up and down have biases
 * @param tieWordEmbeddings whether the head is the embedding
 * @param initializerRange standard deviation of fresh weights
 */
public record LlamaConfig(
    int vocabSize,
    int hiddenSize,
    int intermediateSize,
    int numHiddenLayers,
    int numAttentionHeads,
    int numKeyValueHeads,
    int headDim,
    int maxPositionEmbeddings,
    double rmsNormEps,
    RopeScaling rope,
    Activation hiddenAct,
    boolean attentionBias,
    boolean mlpBias,
    boolean tieWordEmbeddings,
    double initializerRange) {

  /** Checks what no tensor's shape would tell. */
  public LlamaConfig {
    List<String> complaints = new ArrayList<>();
    if (numKeyValueHeads < 1 || numAttentionHeads % numKeyValueHeads != 0) {
      complaints.add(
          "num_key_value_heads is "
              + numKeyValueHeads
              + ", which does not divide num_attention_heads "
              + numAttentionHeads);
    }
    if (headDim < 2 || headDim % 2 != 0) {
      complaints.add("head_dim is " + headDim + "; rotary embedding needs an even number");
    }
    if (!complaints.isEmpty()) {
      throw new LuthierException("config.json: " + String.join("; ", complaints));
    }
  }

  /** The sizes that callers need. */
  Transformer.Shape shape() {
    return new Transformer.Shape(
        vocabSize,
        hiddenSize,
        intermediateSize,
        numHiddenLayers,
        numAttentionHeads,
        maxPositionEmbeddings);
  }

  /**
   * Reads a configuration.
   *
   * @param json the whole of config.json
   * @param where the file, for messages
   * @throws LuthierException naming every key that is missing or of the wrong kind
   */
  public static LlamaConfig of(ObjectNode json, String where) {
    return of(json, where, true);
  }

  /** The same for models whose rotary settings are not Llama's; those here are the plain ones. */
  static LlamaConfig sizes(ObjectNode json, String where) {
    return of(json, where, false);
  }

  private static LlamaConfig of(ObjectNode json, String where, boolean rotary) {
    ConfigReader in = new ConfigReader(json, where);
    int hidden = in.integer("hidden_size");
    int heads = in.integer("num_attention_heads");
    int headDim = in.integer("head_dim", heads > 0 ? hidden / heads : 0);
    int positions = in.integer("max_position_embeddings", 2048);
    int vocabulary = in.integer("vocab_size");
    int intermediate = in.integer("intermediate_size");
    int layers = in.integer("num_hidden_layers");
    int keyHeads = in.integer("num_key_value_heads", heads);
    double eps = in.number("rms_norm_eps", 1e-6);
    String act = in.text("hidden_act", "silu");
    boolean attentionBias = in.flag("attention_bias", false);
    boolean mlpBias = in.flag("mlp_bias", false);
    boolean tied = in.flag("tie_word_embeddings", false);
    double range = in.number("initializer_range", 0.02);
    RopeScaling rope =
        rotary
            ? RopeReader.read(in, headDim, positions)
            : RopeScaling.none(headDim, 10000, positions);
    in.supports(
        !rotary || RopeReader.turned(in, headDim, 1) == headDim,
        "partial_rotary_factor",
        "this family turns whole heads");
    in.finish();
    return new LlamaConfig(
        vocabulary,
        hidden,
        intermediate,
        layers,
        heads,
        keyHeads,
        headDim,
        positions,
        eps,
        rope,
        Activation.named(act),
        attentionBias,
        mlpBias,
        tied,
        range);
  }
}
