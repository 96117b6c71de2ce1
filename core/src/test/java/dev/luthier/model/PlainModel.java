package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.data.Batch;
import dev.luthier.data.TokenSequence;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Every family of decoders and encoders a second time, as plainly as it goes: float64, explicit
 * masks, heads repeated, all experts computed, differentiated by libtorch. Written from the papers
 * and from what published configurations mean. It shares nothing with the package under test.
 */
final class PlainModel extends PlainEncoder {
  private final List<Tensor> routers = new ArrayList<>();

  /**
   * @param weights under Hugging Face's names, adapters' A and B among them
   * @param adapterScale alpha / R
   */
  PlainModel(ObjectNode config, Map<String, Tensor> weights, double adapterScale) {
    super(config, weights, adapterScale);
  }

  /**
   * The sum of the label tokens' losses, after whose backward pass {@link #gradient} knows all; the
   * balancing loss of experts counts as often as there are label tokens.
   */
  double backward(Batch of) {
    try (Grad on = Grad.on()) {
      Tensor logits = logits(of);
      Tensor flat = logits.view(-1, logits.size(-1)).log_softmax(-1);
      long[] targets = new long[of.rows() * of.length()];
      double[] picked = new double[targets.length];
      for (int i = 0; i < targets.length; i++) {
        boolean last = i % of.length() == of.length() - 1;
        int next = of.form().inPlace() ? i : i + 1;
        long label = last && next > i ? TokenSequence.IGNORED : of.labels()[next];
        targets[i] = Math.max(0, label);
        picked[i] = label == TokenSequence.IGNORED ? 0 : -1;
      }
      Tensor p = flat.gather(1, Tensors.longs(targets, Device.CPU, targets.length, 1)).squeeze(1);
      Tensor loss = p.mul(doubles(picked, picked.length)).sum();
      if (flag("output_router_logits", false)) {
        double count = Arrays.stream(picked).map(Math::abs).sum();
        loss = loss.add(balance().mul(Tensors.scalar(count * number("router_aux_loss_coef", 0))));
      }
      loss.backward();
      return loss.item_double();
    }
  }

  /** (B, T, V). */
  Tensor logits(Batch of) {
    batch = of;
    if (isEncoder()) {
      return masked();
    }
    routers.clear();
    Tensor x = embed();
    for (int i = 0; i < layers; i++) {
      x = block(i, x);
    }
    x =
        switch (type) {
          case "gpt2", "gpt_neo", "gptj", "falcon", "bloom" -> layerNorm(x, "transformer.ln_f");
          case "gpt_neox" -> layerNorm(x, "gpt_neox.final_layer_norm");
          case "phi" -> layerNorm(x, "model.final_layernorm");
          case "opt" -> optEnd(x);
          default -> rmsNorm(x, "model.norm");
        };
    boolean tied =
        flag("tie_word_embeddings", !Set.of("gptj", "phi", "gpt_neox").contains(type) && oldTied());
    String head = type.equals("gpt_neox") ? "embed_out" : "lm_head";
    boolean bias = type.equals("gptj") || type.equals("phi");
    Tensor logits = torch.linear(x, weight(tied ? embedding() : head + ".weight"));
    logits = bias ? logits.add(weight(head + ".bias")) : logits;
    return capped(logits, number("final_logit_softcapping", 0));
  }

  private boolean oldTied() {
    return Set.of("gpt2", "gpt_neo", "falcon", "opt", "bloom").contains(type)
        || type.startsWith("gemma");
  }

  private String embedding() {
    return switch (type) {
      case "gpt2", "gpt_neo", "gptj" -> "transformer.wte.weight";
      case "falcon", "bloom" -> "transformer.word_embeddings.weight";
      case "gpt_neox" -> "gpt_neox.embed_in.weight";
      case "opt" -> "model.decoder.embed_tokens.weight";
      default -> "model.embed_tokens.weight";
    };
  }

  private Tensor embed() {
    Tensor x = rows(embedding(), batch.tokens());
    return switch (type) {
      case "gpt2", "gpt_neo" -> x.add(rows("transformer.wpe.weight", batch.positions()));
      case "gemma", "gemma2", "gemma3_text" -> x.mul(Tensors.scalar((float) Math.sqrt(hidden)));
      case "bloom" -> layerNorm(x, "transformer.word_embeddings_layernorm");
      case "opt" -> {
        boolean narrow = c.path("word_embed_proj_dim").asInt(hidden) != hidden;
        Tensor wide = narrow ? linear(x, "model.decoder.project_in", false) : x;
        long[] at = Arrays.stream(counted()).map(p -> p + 2).toArray();
        yield wide.add(rows("model.decoder.embed_positions.weight", at));
      }
      default -> x;
    };
  }

  private Tensor optEnd(Tensor x) {
    boolean norm = flag("do_layer_norm_before", true) && !flag("_remove_final_layer_norm", false);
    Tensor y = norm ? layerNorm(x, "model.decoder.final_layer_norm") : x;
    boolean narrow = c.path("word_embed_proj_dim").asInt(hidden) != hidden;
    return narrow ? linear(y, "model.decoder.project_out", false) : y;
  }

  private Tensor block(int i, Tensor x) {
    switch (type) {
      case "gpt2":
      case "gpt_neo":
        {
          String p = "transformer.h." + i + ".";
          Tensor h = x.add(attention(i, layerNorm(x, p + "ln_1")));
          Tensor in = layerNorm(h, p + "ln_2");
          return h.add(
              type.equals("gpt2")
                  ? conv1d(act(conv1d(in, p + "mlp.c_fc")), p + "mlp.c_proj")
                  : mlp(in, p + "mlp.c_fc", p + "mlp.c_proj", true));
        }
      case "gptj":
        {
          String p = "transformer.h." + i + ".";
          Tensor in = layerNorm(x, p + "ln_1");
          return x.add(attention(i, in)).add(mlp(in, p + "mlp.fc_in", p + "mlp.fc_out", true));
        }
      case "phi":
        {
          String p = "model.layers." + i + ".";
          Tensor in = layerNorm(x, p + "input_layernorm");
          return x.add(attention(i, in)).add(mlp(in, p + "mlp.fc1", p + "mlp.fc2", true));
        }
      case "gpt_neox":
        {
          String p = "gpt_neox.layers." + i + ".";
          Tensor h = x.add(attention(i, layerNorm(x, p + "input_layernorm")));
          Tensor from = flag("use_parallel_residual", true) ? x : h;
          return h.add(fourfold(layerNorm(from, p + "post_attention_layernorm"), p, true));
        }
      case "falcon":
        return falcon(i, x, "transformer.h." + i + ".");
      case "bloom":
        {
          String p = "transformer.h." + i + ".";
          boolean normed = flag("apply_residual_connection_post_layernorm", false);
          Tensor in = layerNorm(x, p + "input_layernorm");
          Tensor h = (normed ? in : x).add(attention(i, in));
          Tensor in2 = layerNorm(h, p + "post_attention_layernorm");
          return (normed ? in2 : h).add(fourfold(in2, p, true));
        }
      case "opt":
        return opt(i, x, "model.decoder.layers." + i + ".");
      default:
        return llama(i, x, "model.layers." + i + ".");
    }
  }

  private Tensor falcon(int i, Tensor x, String p) {
    boolean bias = flag("bias", false);
    boolean grouped = flag("new_decoder_architecture", false);
    if (!flag("parallel_attn", true)) {
      Tensor h = x.add(attention(i, layerNorm(x, p + "input_layernorm")));
      return h.add(fourfold(layerNorm(h, p + "post_attention_layernorm"), p, bias));
    }
    boolean two = grouped && c.path("num_ln_in_parallel_attn").asInt(2) == 2;
    Tensor in = layerNorm(x, p + (two ? "ln_attn" : "input_layernorm"));
    Tensor in2 = two ? layerNorm(x, p + "ln_mlp") : in;
    return x.add(attention(i, in)).add(fourfold(in2, p, bias));
  }

  private Tensor opt(int i, Tensor x, String p) {
    boolean bias = flag("enable_bias", true);
    String norm1 = p + "self_attn_layer_norm";
    String norm2 = p + "final_layer_norm";
    if (flag("do_layer_norm_before", true)) {
      Tensor h = x.add(attention(i, layerNorm(x, norm1)));
      return h.add(mlp(layerNorm(h, norm2), p + "fc1", p + "fc2", bias));
    }
    Tensor h = layerNorm(x.add(attention(i, x)), norm1);
    return layerNorm(h.add(mlp(h, p + "fc1", p + "fc2", bias)), norm2);
  }

  private Tensor llama(int i, Tensor x, String p) {
    Tensor said = attention(i, rmsNorm(x, p + "input_layernorm"));
    if (type.equals("gemma2") || type.equals("gemma3_text")) {
      Tensor h = x.add(rmsNorm(said, p + "post_attention_layernorm"));
      Tensor y = gated(rmsNorm(h, p + "pre_feedforward_layernorm"), p + "mlp.");
      return h.add(rmsNorm(y, p + "post_feedforward_layernorm"));
    }
    Tensor h = x.add(said);
    Tensor in = rmsNorm(h, p + "post_attention_layernorm");
    return h.add(
        switch (type) {
          case "mixtral" -> experts(in, p + "block_sparse_moe.");
          case "phi3" -> {
            Tensor both = linear(in, p + "mlp.gate_up_proj", false);
            long f = both.size(-1) / 2;
            Tensor wide = act(both.narrow(-1, 0, f)).mul(both.narrow(-1, f, f));
            yield linear(wide, p + "mlp.down_proj", false);
          }
          default -> gated(in, p + "mlp.");
        });
  }

  private Tensor gated(Tensor x, String p) {
    boolean bias = flag("mlp_bias", false);
    Tensor wide = act(linear(x, p + "gate_proj", bias)).mul(linear(x, p + "up_proj", bias));
    return linear(wide, p + "down_proj", bias);
  }

  /** All experts of every token, of which those that were not chosen weigh nothing. */
  private Tensor experts(Tensor x, String p) {
    int k = c.path("num_experts_per_tok").asInt(2);
    Tensor logits = linear(x, p + "gate", false); // (B, T, E)
    routers.add(logits);
    Tensor all = logits.softmax(-1);
    Tensor chosen = chosen(all, k); // 1 where chosen
    Tensor w = all.mul(chosen);
    w = w.div(w.sum(new long[] {-1}, true, null));
    Tensor y = torch.zeros_like(x);
    for (int e = 0; e < c.path("num_local_experts").asInt(); e++) {
      String q = p + "experts." + e + ".";
      Tensor wide = act(linear(x, q + "w1", false)).mul(linear(x, q + "w3", false));
      y = y.add(linear(wide, q + "w2", false).mul(w.narrow(-1, e, 1)));
    }
    return y;
  }

  private static Tensor chosen(Tensor p, int k) {
    T_TensorTensor_T top = torch.topk(p.detach(), k);
    return torch.zeros_like(p).scatter_(-1, new Tensor(top.get1()), Tensors.scalar(1));
  }

  /**
   * {@code E sum_e f_e P_e} over the real tokens of all layers: f is the share of choices that fall
   * on an expert times k, P its mean probability. Fedus et al., arXiv 2101.03961, section 2.2.
   */
  private Tensor balance() {
    int experts = c.path("num_local_experts").asInt();
    double[] real = Arrays.stream(batch.documents()).mapToDouble(d -> d == 0 ? 0 : 1).toArray();
    double count = Arrays.stream(real).sum() * layers;
    Tensor mask = doubles(real, real.length, 1);
    Tensor f = doubles(new double[experts], experts);
    Tensor mean = f;
    for (Tensor logits : routers) {
      Tensor p = logits.view(-1, experts).softmax(-1);
      f = f.add(chosen(p, c.path("num_experts_per_tok").asInt(2)).mul(mask).sum(0));
      mean = mean.add(p.mul(mask).sum(0));
    }
    return f.mul(mean).sum().mul(Tensors.scalar(experts / (count * count)));
  }

  private Tensor mlp(Tensor x, String up, String down, boolean bias) {
    return linear(act(linear(x, up, bias)), down, bias);
  }

  private Tensor fourfold(Tensor x, String p, boolean bias) {
    return mlp(x, p + "mlp.dense_h_to_4h", p + "mlp.dense_4h_to_h", bias);
  }
}
