package dev.luthier.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.format.Json;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;

/** Configurations of encoders, and of encoders with decoders, small enough for tests. */
public final class TinyEncoders {
  private TinyEncoders() {}

  /** BERT of 2 blocks, D 32. */
  public static ObjectNode bert(int vocabulary) {
    return bertLike("bert", "BertForMaskedLM", vocabulary).put("max_position_embeddings", 64);
  }

  /** RoBERTa of 2 blocks, D 32, whose positions begin behind the padding id 1. */
  public static ObjectNode roberta(int vocabulary) {
    return bertLike("roberta", "RobertaForMaskedLM", vocabulary)
        .put("max_position_embeddings", 66)
        .put("type_vocab_size", 1)
        .put("pad_token_id", 1);
  }

  /** DistilBERT of 2 blocks, D 32. */
  public static ObjectNode distilBert(int vocabulary) {
    ObjectNode json = Json.object().put("model_type", "distilbert");
    json.putArray("architectures").add("DistilBertForMaskedLM");
    return json.put("vocab_size", vocabulary)
        .put("dim", 32)
        .put("hidden_dim", 64)
        .put("n_layers", 2)
        .put("n_heads", 4)
        .put("max_position_embeddings", 64)
        .put("initializer_range", 0.2);
  }

  private static ObjectNode bertLike(String type, String architecture, int vocabulary) {
    ObjectNode json = Json.object().put("model_type", type);
    json.putArray("architectures").add(architecture);
    return json.put("vocab_size", vocabulary)
        .put("hidden_size", 32)
        .put("intermediate_size", 64)
        .put("num_hidden_layers", 2)
        .put("num_attention_heads", 4)
        .put("initializer_range", 0.2);
  }

  /**
   * T5 of 2 and 2 blocks, D 32.
   *
   * @param first whether it is 1.0 (plain feed-forward, tied) and not 1.1
   */
  public static ObjectNode t5(boolean first, int vocabulary) {
    ObjectNode json = Json.object().put("model_type", "t5");
    json.putArray("architectures").add("T5ForConditionalGeneration");
    return json.put("vocab_size", vocabulary)
        .put("d_model", 32)
        .put("d_kv", 8)
        .put("d_ff", 64)
        .put("num_layers", 2)
        .put("num_heads", 4)
        .put("relative_attention_num_buckets", 8)
        .put("relative_attention_max_distance", 16)
        .put("feed_forward_proj", first ? "relu" : "gated-gelu")
        .put("tie_word_embeddings", first)
        .put("decoder_start_token_id", 0)
        .put("pad_token_id", 0)
        .put("eos_token_id", 1)
        .put("is_encoder_decoder", true);
  }

  /** A model with random weights, all trained. */
  public static LoadedModel fresh(ObjectNode config) {
    return new ModelLoader(ComputeDtype.FLOAT32, Device.CPU).fresh(config, 3);
  }
}
