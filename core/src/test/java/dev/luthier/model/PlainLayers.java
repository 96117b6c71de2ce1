package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.data.Batch;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What {@link PlainModel} is made of: its weights in float64, its configuration, layers that see
 * one token.
 */
class PlainLayers {
  static final ScalarType WIDE = ScalarType.Double;
  final ObjectNode c;
  final String type;
  final Map<String, Tensor> weights = new LinkedHashMap<>();
  final Set<String> read = new TreeSet<>();
  final Map<String, Tensor> inputs = new LinkedHashMap<>(); // the last ones, by module
  final double adapterScale;
  final int hidden;
  final int heads;
  final int layers;
  final int keyHeads;
  final int headDim;
  Batch batch = Batch.of(new long[0][], new long[0][]); // the one that runs

  /**
   * @param weights under Hugging Face's names, adapters' A and B among them
   * @param adapterScale alpha / R
   */
  PlainLayers(ObjectNode config, Map<String, Tensor> weights, double adapterScale) {
    this.type = config.path("model_type").asText();
    this.c = published(type).setAll(config);
    this.adapterScale = adapterScale;
    weights.forEach(
        (name, t) ->
            this.weights.put(name, t.detach().to(WIDE, false, true, null).requires_grad_(true)));
    hidden = integer("hidden_size", "n_embd", "dim");
    heads = integer("num_attention_heads", "n_head", "num_heads", "n_heads");
    layers = integer("num_hidden_layers", "n_layer", "num_layers", "n_layers");
    headDim = c.path("head_dim").asInt(hidden / heads);
    keyHeads =
        switch (type) {
          case "falcon" ->
              flag("new_decoder_architecture", false)
                  ? integer("num_kv_heads")
                  : flag("multi_query", true) ? 1 : heads;
          default -> c.path("num_key_value_heads").asInt(heads);
        };
  }

  /** What the published configurations of a family mean by a key that is absent. */
  private static ObjectNode published(String type) {
    return TinyConfigs.of(
        switch (type) {
          case "mixtral" -> "rms_norm_eps: 0.00001, rope_theta: 1000000.0";
          case "phi3" -> "rms_norm_eps: 0.00001";
          case "gemma2" ->
              "query_pre_attn_scalar: 256, attn_logit_softcapping: 50.0,"
                  + " final_logit_softcapping: 30.0";
          default -> "";
        });
  }

  /** The gradient of a weight. */
  float[] gradient(String name) {
    return Tensors.toFloats(weight(name).grad().to(ScalarType.Float));
  }

  /** Weights that no layer has asked for. */
  Set<String> unread() {
    Set<String> out = new TreeSet<>(weights.keySet());
    out.removeAll(read);
    return out;
  }

  long[] counted() {
    long[] documents = batch.documents();
    long[] out = new long[documents.length];
    for (int i = 0; i < out.length; i++) {
      boolean goes = i % batch.length() > 0 && documents[i] == documents[i - 1];
      out[i] = documents[i] == 0 ? -1 : goes ? out[i - 1] + 1 : 0;
    }
    return out;
  }

  Tensor linear(Tensor x, String path, boolean bias) {
    inputs.put(path, x);
    Tensor y = torch.linear(x, weight(path + ".weight"));
    return adapted(bias ? y.add(weight(path + ".bias")) : y, x, path);
  }

  Tensor conv1d(Tensor x, String path) {
    inputs.put(path, x);
    Tensor y = torch.matmul(x, weight(path + ".weight")).add(weight(path + ".bias"));
    return adapted(y, x, path);
  }

  Tensor adapted(Tensor y, Tensor x, String path) {
    if (!weights.containsKey(path + ".lora_A.weight")) {
      return y;
    }
    Tensor low = torch.linear(x, weight(path + ".lora_A.weight"));
    Tensor more = torch.linear(low, weight(path + ".lora_B.weight"));
    return y.add(more.mul(Tensors.scalar(adapterScale)));
  }

  Tensor act(Tensor x) {
    String name =
        c.path("activation_function")
            .asText(c.path("hidden_act").asText(c.path("activation").asText("")));
    String otherwise =
        switch (type) {
          case "gpt2", "gpt_neo", "gptj", "phi", "bloom" -> "gelu_new";
          case "opt" -> "relu";
          case "falcon", "gpt_neox", "bert", "roberta", "distilbert" -> "gelu";
          case "gemma", "gemma2", "gemma3_text" -> "gelu_new";
          default -> "silu";
        };
    String known = type.startsWith("gemma") || name.isEmpty() ? otherwise : name;
    return switch (known) {
      case "gelu" -> torch.gelu(x);
      case "relu" -> torch.relu(x);
      case "relu2" -> torch.relu(x).square();
      case "silu" -> x.mul(torch.sigmoid(x));
      case "gelu_new" -> {
        Tensor cubic = x.add(x.pow(Tensors.scalar(3)).mul(Tensors.scalar(0.044715)));
        Tensor tanh = torch.tanh(cubic.mul(Tensors.scalar(Math.sqrt(2 / Math.PI))));
        yield x.mul(Tensors.scalar(0.5)).mul(tanh.add(Tensors.scalar(1)));
      }
      default -> throw new IllegalArgumentException(known);
    };
  }

  static Tensor capped(Tensor x, double cap) {
    return cap == 0 ? x : torch.tanh(x.div(Tensors.scalar(cap))).mul(Tensors.scalar(cap));
  }

  Tensor layerNorm(Tensor x, String path) {
    double eps =
        type.equals("opt") ? 1e-5 : number("layer_norm_epsilon", number("layer_norm_eps", 1e-5));
    return layerNorm(x, path, eps);
  }

  Tensor layerNorm(Tensor x, String path, double eps) {
    Tensor off = x.sub(mean(x));
    Tensor y = off.mul(mean(off.square()).add(Tensors.scalar(eps)).rsqrt());
    if (!flag("layer_norm_elementwise_affine", true)) {
      return y;
    }
    return y.mul(weight(path + ".weight")).add(weight(path + ".bias"));
  }

  Tensor rmsNorm(Tensor x, String path) {
    Tensor y = x.mul(mean(x.square()).add(Tensors.scalar(number("rms_norm_eps", 1e-6))).rsqrt());
    Tensor w = weight(path + ".weight");
    return y.mul(type.startsWith("gemma") ? w.add(Tensors.scalar(1)) : w);
  }

  static Tensor mean(Tensor x) {
    return x.mean(new long[] {-1}, true, new ScalarTypeOptional());
  }

  Tensor rows(String table, long[] at) {
    return torch.embedding(
        weight(table), Tensors.longs(at, Device.CPU, batch.rows(), batch.length()));
  }

  Tensor weight(String name) {
    Tensor t = weights.get(name);
    if (t == null) {
      throw new IllegalArgumentException("there is no " + name + " among " + weights.keySet());
    }
    read.add(name);
    return t;
  }

  static Tensor doubles(double[] values, long... shape) {
    return Tensor.create(values, shape);
  }

  int integer(String... keys) {
    for (String key : keys) {
      if (c.hasNonNull(key)) {
        return c.path(key).asInt();
      }
    }
    throw new IllegalArgumentException(Arrays.toString(keys));
  }

  double number(String key, double otherwise) {
    return c.path(key).asDouble(otherwise);
  }

  boolean flag(String key, boolean otherwise) {
    return c.path(key).asBoolean(otherwise);
  }
}
