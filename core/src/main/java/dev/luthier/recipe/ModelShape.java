package dev.luthier.recipe;

import dev.luthier.Complaints;
import dev.luthier.Setting;

/**
 * The shape of a Llama model, under the names of {@code config.json}.
 *
 * @param hiddenSize D
 * @param intermediateSize width of the feed-forward layer
 * @param numHiddenLayers L
 * @param numAttentionHeads H
 * @param numKeyValueHeads K, a divisor of H
 * @param maxPositionEmbeddings the longest sequence, in tokens
 * @param ropeTheta base of the rotary frequencies
 * @param rmsNormEps the norm's epsilon
 * @param tieWordEmbeddings whether the head is the embedding
 * @param initializerRange standard deviation of the initial weights
 */
public record ModelShape(
    @Setting(help = "width of the residual stream", value = "256") int hiddenSize,
    @Setting(help = "width of the feed-forward layer", value = "768") int intermediateSize,
    @Setting(help = "blocks", value = "4") int numHiddenLayers,
    @Setting(help = "attention heads", value = "4") int numAttentionHeads,
    @Setting(help = "key-value heads, a divisor of numAttentionHeads", value = "4")
        int numKeyValueHeads,
    @Setting(help = "longest sequence, in tokens", value = "1024") int maxPositionEmbeddings,
    @Setting(help = "base of the rotary frequencies", value = "10000.0") double ropeTheta,
    @Setting(help = "epsilon of the norms", value = "1e-5") double rmsNormEps,
    @Setting(help = "let the output head be the embedding", value = "true")
        boolean tieWordEmbeddings,
    @Setting(help = "standard deviation of the initial weights", value = "0.02")
        double initializerRange) {

  /** Checks everything at once. */
  public ModelShape {
    Complaints complaints = new Complaints();
    positive(complaints, "model.hiddenSize", hiddenSize);
    positive(complaints, "model.intermediateSize", intermediateSize);
    positive(complaints, "model.numHiddenLayers", numHiddenLayers);
    positive(complaints, "model.numAttentionHeads", numAttentionHeads);
    positive(complaints, "model.numKeyValueHeads", numKeyValueHeads);
    positive(complaints, "model.maxPositionEmbeddings", maxPositionEmbeddings);
    if (complaints.isEmpty()) {
      complaints
          .unless(
              hiddenSize % (2 * numAttentionHeads) == 0,
              "model.hiddenSize",
              hiddenSize,
              "must give each of the " + numAttentionHeads + " heads an even width")
          .unless(
              numAttentionHeads % numKeyValueHeads == 0,
              "model.numKeyValueHeads",
              numKeyValueHeads,
              "must divide model.numAttentionHeads, " + numAttentionHeads);
    }
    complaints
        .unless(ropeTheta > 0, "model.ropeTheta", ropeTheta, "must be positive")
        .unless(rmsNormEps > 0, "model.rmsNormEps", rmsNormEps, "must be positive")
        .unless(
            initializerRange > 0, "model.initializerRange", initializerRange, "must be positive")
        .throwIfAny();
  }

  private static void positive(Complaints complaints, String key, int value) {
    complaints.unless(value >= 1, key, value, "must be at least 1");
  }
}
