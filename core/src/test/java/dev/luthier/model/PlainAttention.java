package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Attention of {@link PlainModel}: every query against every key, under an explicit mask. */
class PlainAttention extends PlainLayers {
  PlainAttention(ObjectNode config, Map<String, Tensor> weights, double adapterScale) {
    super(config, weights, adapterScale);
  }

  Tensor attention(int i, Tensor x) {
    String p = path(i);
    Tensor[] qkv = projected(x, p); // (B, T, n, E) each
    if (type.equals("phi") && flag("qk_layernorm", false)) {
      qkv[0] = layerNorm(qkv[0], p + "q_layernorm");
      qkv[1] = layerNorm(qkv[1], p + "k_layernorm");
    }
    if (type.equals("qwen3") || type.equals("gemma3_text")) {
      qkv[0] = rmsNorm(qkv[0], p + "q_norm");
      qkv[1] = rmsNorm(qkv[1], p + "k_norm");
    }
    int turned = turned();
    Tensor q = qkv[0].transpose(1, 2); // (B, H, T, E)
    Tensor k = repeated(qkv[1].transpose(1, 2));
    Tensor v = repeated(qkv[2].transpose(1, 2));
    if (turned > 0) {
      q = rotated(q, turned, i);
      k = rotated(k, turned, i);
    }
    Tensor scores = torch.matmul(q, k.transpose(-1, -2)).mul(Tensors.scalar(scale(i)));
    scores = capped(scores, type.equals("gemma2") ? number("attn_logit_softcapping", 0) : 0);
    if (type.equals("bloom") || flag("alibi", false)) {
      scores = scores.add(alibi());
    }
    Tensor y = torch.matmul(scores.add(mask(window(i))).softmax(-1), v); // (B, H, T, E)
    return out(y.transpose(1, 2).reshape(batch.rows(), batch.length(), -1), p);
  }

  private String path(int i) {
    return switch (type) {
      case "gpt2", "gptj" -> "transformer.h." + i + ".attn.";
      case "gpt_neo" -> "transformer.h." + i + ".attn.attention.";
      case "gpt_neox" -> "gpt_neox.layers." + i + ".attention.";
      case "falcon", "bloom" -> "transformer.h." + i + ".self_attention.";
      case "opt" -> "model.decoder.layers." + i + ".self_attn.";
      default -> "model.layers." + i + ".self_attn.";
    };
  }

  private Tensor[] projected(Tensor x, String p) {
    boolean bias = bias();
    switch (type) {
      case "gpt2":
        return cut(conv1d(x, p + "c_attn"), hidden, hidden);
      case "phi3":
        return cut(
            linear(x, p + "qkv_proj", false), (long) heads * headDim, (long) keyHeads * headDim);
      case "gpt_neox":
      case "bloom":
        return perHead(linear(x, p + "query_key_value", bias));
      case "falcon":
        {
          Tensor y = linear(x, p + "query_key_value", bias);
          if (flag("new_decoder_architecture", false)) {
            int group = heads / keyHeads;
            Tensor g = y.unflatten(-1, keyHeads, group + 2, headDim); // (B, T, K, G + 2, E)
            return new Tensor[] {
              g.narrow(3, 0, group).flatten(2, 3), g.select(3, group), g.select(3, group + 1)
            };
          }
          return keyHeads == 1 ? cut(y, hidden, headDim) : perHead(y);
        }
      default:
        Tensor[] out = new Tensor[3];
        String[] names = {"q_proj", "k_proj", "v_proj"};
        for (int j = 0; j < 3; j++) {
          out[j] = linear(x, p + names[j], bias).unflatten(-1, j == 0 ? heads : keyHeads, headDim);
        }
        return out;
    }
  }

  /** Whether queries, keys and values have biases. */
  private boolean bias() {
    return switch (type) {
      case "qwen2", "phi", "bloom" -> true;
      case "gpt_neox" -> flag("attention_bias", true);
      case "falcon" -> flag("bias", false);
      case "opt" -> flag("enable_bias", true);
      case "gpt_neo", "gptj", "mistral", "mixtral" -> false;
      default -> flag("attention_bias", false);
    };
  }

  private Tensor out(Tensor y, String p) {
    return switch (type) {
      case "gpt2" -> conv1d(y, p + "c_proj");
      case "gpt_neo", "opt", "gptj" -> linear(y, p + "out_proj", type.equals("gpt_neo") || bias());
      case "phi", "gpt_neox", "falcon", "bloom" -> linear(y, p + "dense", bias());
      default -> linear(y, p + "o_proj", !type.equals("qwen2") && bias());
    };
  }

  private Tensor[] cut(Tensor y, long query, long key) {
    return new Tensor[] {
      y.narrow(-1, 0, query).unflatten(-1, heads, headDim),
      y.narrow(-1, query, key).unflatten(-1, keyHeads, headDim),
      y.narrow(-1, query + key, key).unflatten(-1, keyHeads, headDim)
    };
  }

  private Tensor[] perHead(Tensor y) {
    Tensor g = y.unflatten(-1, heads, 3, headDim);
    return new Tensor[] {g.select(3, 0), g.select(3, 1), g.select(3, 2)};
  }

  private Tensor repeated(Tensor x) {
    return x.repeat_interleave(heads / keyHeads, new LongOptional(1), new LongOptional());
  }

  private double scale(int i) {
    double usual = 1 / Math.sqrt(number("query_pre_attn_scalar", headDim));
    return switch (type) {
      case "gpt2" -> {
        double s = flag("scale_attn_weights", true) ? usual : 1;
        yield flag("scale_attn_by_inverse_layer_idx", false) ? s / (i + 1) : s;
      }
      case "gpt_neo" -> 1;
      default -> usual;
    };
  }

  private int window(int i) {
    int window = c.path("sliding_window").asInt(0);
    String kind = c.path("layer_types").path(i).asText();
    return switch (type) {
      case "mistral", "mixtral", "phi3" -> window;
      case "qwen2", "qwen3" -> {
        boolean slides =
            kind.isEmpty()
                ? i >= c.path("max_window_layers").asInt(layers)
                : kind.equals("sliding_attention");
        yield flag("use_sliding_window", false) && slides ? window : 0;
      }
      case "gemma2" -> i % 2 == 0 ? window : 0;
      case "gemma3_text" -> (i + 1) % c.path("sliding_window_pattern").asInt() == 0 ? 0 : window;
      case "gpt_neo" -> i % 2 == 1 ? c.path("window_size").asInt() : 0; // ["global", "local"]
      default -> 0;
    };
  }

  /** How many of a head's numbers are turned. */
  private int turned() {
    return switch (type) {
      case "gpt2", "gpt_neo", "opt", "bloom" -> 0;
      case "falcon" -> flag("alibi", false) ? 0 : headDim;
      case "gptj" -> c.path("rotary_dim").asInt(headDim);
      case "phi" -> (int) (headDim * number("partial_rotary_factor", 0.5));
      case "gpt_neox" -> (int) (headDim * number("rotary_pct", 0.25));
      default -> (int) (headDim * number("partial_rotary_factor", 1));
    };
  }

  /** Pairs turned by position times theta^(-2i/R). */
  private Tensor rotated(Tensor x, int turned, int layer) {
    boolean local = type.equals("gemma3_text") && window(layer) > 0;
    double theta = local ? number("rope_local_base_freq", 1e4) : number("rope_theta", 1e4);
    long[] positions = batch.positions();
    int half = turned / 2;
    double[] cos = new double[positions.length * half];
    double[] sin = new double[cos.length];
    double scale = 1;
    for (int j = 0; j < cos.length; j++) {
      double angle = positions[j / half] * Math.pow(theta, -2.0 * (j % half) / turned);
      if (type.equals("phi3") && c.path("rope_scaling").isObject()) {
        long original = c.path("original_max_position_embeddings").asLong();
        boolean beyond = Arrays.stream(positions).max().orElseThrow() + 1 > original;
        angle /=
            c.path("rope_scaling")
                .path(beyond ? "long_factor" : "short_factor")
                .path(j % half)
                .floatValue();
        double stretch = number("max_position_embeddings", 0) / original;
        scale = Math.sqrt(1 + Math.log(stretch) / Math.log(original));
      }
      cos[j] = scale * Math.cos(angle);
      sin[j] = scale * Math.sin(angle);
    }
    Tensor cosines = doubles(cos, batch.rows(), 1, batch.length(), half);
    Tensor sines = doubles(sin, batch.rows(), 1, batch.length(), half);
    Tensor part = x.narrow(-1, 0, turned);
    boolean neighbours = type.equals("gptj");
    Tensor pairs = neighbours ? part.unflatten(-1, half, 2) : part.unflatten(-1, 2, half);
    int at = neighbours ? -1 : -2;
    Tensor a = pairs.select(at, 0);
    Tensor b = pairs.select(at, 1);
    Tensor y =
        torch.stack(
            new TensorVector(a.mul(cosines).sub(b.mul(sines)), b.mul(cosines).add(a.mul(sines))),
            at);
    Tensor rest = x.narrow(-1, turned, x.size(-1) - turned);
    return torch.cat(new TensorVector(y.flatten(-2, -1), rest), -1);
  }

  /** Slopes times the keys' places in their documents: (B, H, 1, T). */
  private Tensor alibi() {
    long[] at = counted();
    double[] bias = new double[batch.rows() * heads * batch.length()];
    double[] slopes = slopes(heads);
    for (int i = 0; i < bias.length; i++) {
      int t = i % batch.length();
      int h = i / batch.length() % heads;
      long place = Math.max(0, at[i / batch.length() / heads * batch.length() + t]);
      bias[i] = slopes[h] * place;
      if (type.equals("falcon")) { // computed in bfloat16, then scaled as the scores are
        double slope = Tensors.rounded((float) slopes[h], ScalarType.BFloat16);
        bias[i] = Tensors.rounded(slope * place, ScalarType.BFloat16) / Math.sqrt(headDim);
      }
    }
    return doubles(bias, batch.rows(), heads, 1, batch.length());
  }

  /** As the paper's own code makes them. */
  private static double[] slopes(int n) {
    double log = Math.log(n) / Math.log(2);
    if (log == Math.rint(log)) {
      double start = Math.pow(2, -Math.pow(2, 3 - log));
      double[] out = new double[n];
      Arrays.setAll(out, i -> Math.pow(start, i + 1));
      return out;
    }
    int power = (int) Math.pow(2, Math.floor(log));
    double[] out = Arrays.copyOf(slopes(power), n);
    double[] finer = slopes(2 * power);
    for (int i = power; i < n; i++) {
      out[i] = finer[2 * (i - power)];
    }
    return out;
  }

  /** 0 where a query sees a key: (B, 1, T, T). */
  private Tensor mask(int window) {
    int t = batch.length();
    long[] documents = batch.documents();
    double[] mask = new double[batch.rows() * t * t];
    for (int i = 0; i < mask.length; i++) {
      int b = i / t / t;
      int query = i / t % t;
      int key = i % t;
      boolean sees =
          documents[b * t + query] == documents[b * t + key]
              && key <= query
              && (window == 0 || query - key < window);
      mask[i] = sees ? 0 : Double.NEGATIVE_INFINITY;
    }
    return doubles(mask, batch.rows(), 1, t, t);
  }
}
