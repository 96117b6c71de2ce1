package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The part of {@link PlainModel} for encoders: every token of a document sees every other. */
class PlainEncoder extends PlainAttention {
  PlainEncoder(ObjectNode config, Map<String, Tensor> weights, double adapterScale) {
    super(config, weights, adapterScale);
  }

  boolean isEncoder() {
    return type.equals("bert") || type.equals("roberta") || type.equals("distilbert");
  }

  /** (B, T, V). */
  Tensor masked() {
    Tensor x = embedded();
    for (int i = 0; i < layers; i++) {
      x = type.equals("distilbert") ? distilBert(x, i) : bert(x, type + ".encoder.layer." + i);
    }
    String architecture = c.path("architectures").path(0).asText();
    if (architecture.endsWith("ForTokenClassification")) {
      return linear(x, "classifier", true);
    }
    if (architecture.endsWith("ForSequenceClassification")) {
      return switch (type) {
        case "bert" -> linear(torch.tanh(linear(x, "bert.pooler.dense", true)), "classifier", true);
        case "roberta" ->
            linear(torch.tanh(linear(x, "classifier.dense", true)), "classifier.out_proj", true);
        default -> linear(torch.relu(linear(x, "pre_classifier", true)), "classifier", true);
      };
    }
    String dense = "cls.predictions.transform.dense";
    String norm = "cls.predictions.transform.LayerNorm";
    String decoder = "cls.predictions.decoder.weight";
    String bias = "cls.predictions.bias";
    if (type.equals("roberta")) {
      dense = "lm_head.dense";
      norm = "lm_head.layer_norm";
      decoder = "lm_head.decoder.weight";
      bias = "lm_head.bias";
    } else if (type.equals("distilbert")) {
      dense = "vocab_transform";
      norm = "vocab_layer_norm";
      decoder = "vocab_projector.weight";
      bias = "vocab_projector.bias";
    }
    Tensor y = linear(x, dense, true);
    Tensor z = norm(type.equals("roberta") ? torch.gelu(y) : act(y), norm);
    boolean tied = flag("tie_word_embeddings", true);
    String words = type + ".embeddings.word_embeddings.weight";
    return torch.linear(z, weight(tied ? words : decoder)).add(weight(bias));
  }

  private Tensor norm(Tensor x, String path) {
    return layerNorm(x, path, number("layer_norm_eps", 1e-12));
  }

  private Tensor embedded() {
    String p = type + ".embeddings.";
    // RoBERTa counts from the row behind the padding id's, on which padding itself stands.
    int first = type.equals("roberta") ? c.path("pad_token_id").asInt() + 1 : 0;
    long[] places = type.equals("roberta") ? counted() : batch.positions();
    long[] at = Arrays.stream(places).map(i -> i + first).toArray();
    Tensor x =
        rows(p + "word_embeddings.weight", batch.tokens())
            .add(rows(p + "position_embeddings.weight", at));
    if (!type.equals("distilbert")) {
      long[] types = batch.form().types();
      x =
          x.add(
              rows(
                  p + "token_type_embeddings.weight",
                  types == null ? new long[batch.tokens().length] : types));
    }
    return norm(x, p + "LayerNorm");
  }

  private Tensor bert(Tensor x, String p) {
    String a = p + ".attention.";
    Tensor said = attention(x, a + "self.query", a + "self.key", a + "self.value");
    Tensor h = norm(x.add(linear(said, a + "output.dense", true)), a + "output.LayerNorm");
    Tensor wide = act(linear(h, p + ".intermediate.dense", true));
    return norm(h.add(linear(wide, p + ".output.dense", true)), p + ".output.LayerNorm");
  }

  private Tensor distilBert(Tensor x, int i) {
    String p = "distilbert.transformer.layer." + i + ".";
    String a = p + "attention.";
    Tensor said = attention(x, a + "q_lin", a + "k_lin", a + "v_lin");
    Tensor h = norm(x.add(linear(said, a + "out_lin", true)), p + "sa_layer_norm");
    Tensor wide = act(linear(h, p + "ffn.lin1", true));
    return norm(h.add(linear(wide, p + "ffn.lin2", true)), p + "output_layer_norm");
  }

  private Tensor attention(Tensor x, String query, String key, String value) {
    Tensor q = linear(x, query, true).unflatten(-1, heads, headDim).transpose(1, 2);
    Tensor k = linear(x, key, true).unflatten(-1, heads, headDim).transpose(1, 2);
    Tensor v = linear(x, value, true).unflatten(-1, heads, headDim).transpose(1, 2);
    Tensor scores = torch.matmul(q, k.transpose(-1, -2)).div(Tensors.scalar(Math.sqrt(headDim)));
    Tensor y = torch.matmul(scores.add(sameDocument()).softmax(-1), v); // (B, H, T, E)
    return y.transpose(1, 2).reshape(batch.rows(), batch.length(), -1);
  }

  /** 0 where query and key are of one document, or both are padding: (B, 1, T, T). */
  private Tensor sameDocument() {
    int t = batch.length();
    long[] documents = batch.documents();
    double[] mask = new double[batch.rows() * t * t];
    for (int i = 0; i < mask.length; i++) {
      int row = i / t / t * t;
      boolean sees = documents[row + i / t % t] == documents[row + i % t];
      mask[i] = sees ? 0 : Double.NEGATIVE_INFINITY;
    }
    return doubles(mask, batch.rows(), 1, t, t);
  }
}
