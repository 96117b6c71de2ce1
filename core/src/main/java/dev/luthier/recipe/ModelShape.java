package dev.luthier.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;
import dev.luthier.format.Json;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The shape of a Llama model, under the names of {@code config.json}; or a file of that kind, of
 * any family.
 *
 * @param config a config.json; what it says of vocabulary and special tokens is the tokenizer's to
 *     say
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
    @Setting(help = "a config.json of any family, in place of what follows") Optional<Path> config,
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

  /** Whether anything but the file is set. */
  boolean isShaped() {
    return !SettingDefaults.of(ModelShape.class)
        .equals(
            new ModelShape(
                Optional.empty(),
                hiddenSize,
                intermediateSize,
                numHiddenLayers,
                numAttentionHeads,
                numKeyValueHeads,
                maxPositionEmbeddings,
                ropeTheta,
                rmsNormEps,
                tieWordEmbeddings,
                initializerRange));
  }

  /** What the configuration is called in messages. */
  String where() {
    return config.map(Path::toString).orElse("the new model's configuration");
  }

  /** The config.json of a model with this tokenizer. */
  ObjectNode json(Tokenizer tokenizer) {
    ObjectNode json = json();
    json.put("vocab_size", tokenizer.vocabSize());
    json.remove(List.of("bos_token_id", "eos_token_id", "pad_token_id"));
    if (tokenizer.maskId().isPresent()) {
      tokenizer.padId().ifPresent(id -> json.put("pad_token_id", id));
    }
    tokenizer.bosId().ifPresent(id -> json.put("bos_token_id", id));
    tokenizer.eosId().ifPresent(id -> json.put("eos_token_id", id));
    return json;
  }

  /** The config.json, with whatever the file says of the vocabulary, or a small one. */
  ObjectNode json() {
    return config.map(Json::read).orElseGet(this::llama);
  }

  private ObjectNode llama() {
    ObjectNode json = Json.object();
    json.putArray("architectures").add("LlamaForCausalLM");
    json.put("attention_bias", false);
    json.put("attention_dropout", 0.0);
    json.put("head_dim", hiddenSize / numAttentionHeads);
    json.put("hidden_act", "silu");
    json.put("hidden_size", hiddenSize);
    json.put("initializer_range", initializerRange);
    json.put("intermediate_size", intermediateSize);
    json.put("max_position_embeddings", maxPositionEmbeddings);
    json.put("mlp_bias", false);
    json.put("model_type", "llama");
    json.put("num_attention_heads", numAttentionHeads);
    json.put("num_hidden_layers", numHiddenLayers);
    json.put("num_key_value_heads", numKeyValueHeads);
    json.put("rms_norm_eps", rmsNormEps);
    json.putNull("rope_scaling");
    json.put("rope_theta", ropeTheta);
    json.put("tie_word_embeddings", tieWordEmbeddings);
    json.put("use_cache", true);
    json.put("vocab_size", 1);
    return json;
  }

  private static void positive(Complaints complaints, String key, int value) {
    complaints.unless(value >= 1, key, value, "must be at least 1");
  }
}
