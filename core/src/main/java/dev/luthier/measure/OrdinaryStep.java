package dev.luthier.measure;

import dev.luthier.data.Batch;
import dev.luthier.data.TokenSequence;
import dev.luthier.model.LlamaConfig;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The gradients of a Llama in the ordinary way, as transformers and PEFT run it in PyTorch eager:
 * one autograd graph over the whole model, libtorch's attention, adapters as products beside their
 * layer, logits in full and cross-entropy over them. It shares nothing with our own step but the
 * weights, so it measures what the step gains, and tests hold the two to the same gradients.
 */
public final class OrdinaryStep implements ForwardBackward {
  private final LlamaConfig config;
  private final Map<String, Tensor> weights = new LinkedHashMap<>();
  private final ScalarType compute;
  private final Device device;
  private final double adapterScale;

  /**
   * @param model whose parameters are used, by their Hugging Face names
   * @param adapterScale alpha / R of its adapters
   */
  public OrdinaryStep(LlamaConfig config, Transformer model, double adapterScale) {
    this.config = config;
    this.compute = model.parameters().compute();
    this.device = model.parameters().device();
    this.adapterScale = adapterScale;
    weights.putAll(model.parameters().all());
    model.adapter().ifPresent(a -> weights.putAll(a.all()));
  }

  /**
   * @throws IllegalArgumentException if a row holds several documents, which libtorch's causal
   *     attention cannot keep apart
   */
  @Override
  public double run(Batch batch, double scale, long seed) {
    if (batch.packed()) {
      throw new IllegalArgumentException("rows of several documents");
    }
    try (PointerScope scope = new PointerScope();
        Grad on = Grad.on()) {
      Tensor mean = loss(batch);
      mean.mul(Tensors.scalar(scale * batch.labelTokens())).backward();
      return mean.item_double() * batch.labelTokens();
    }
  }

  /** The mean over label tokens; libtorch ignores labels of -100. */
  private Tensor loss(Batch batch) {
    Tensor tokens = Tensors.longs(batch.tokens(), device, batch.rows(), batch.length());
    Tensor x = cast(torch.embedding(weight("model.embed_tokens.weight"), tokens)); // (B, T, D)
    Tensor[] turn = rotation(batch.length());
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      x = block(x, "model.layers." + i + ".", turn); // (B, T, D)
    }
    String head = config.tieWordEmbeddings() ? "model.embed_tokens" : "lm_head";
    Tensor logits =
        torch.linear(norm(x, "model.norm"), cast(weight(head + ".weight"))); // (B, T, V)
    return torch.cross_entropy(
        logits.to(ScalarType.Float).view(-1, config.vocabSize()),
        Tensors.longs(shifted(batch), device, (long) batch.rows() * batch.length()));
  }

  /** The label that each token predicts: its successor's. */
  private static long[] shifted(Batch batch) {
    long[] out = Arrays.copyOfRange(batch.labels(), 1, batch.labels().length + 1);
    for (int end = batch.length() - 1; end < out.length; end += batch.length()) {
      out[end] = TokenSequence.IGNORED;
    }
    return out;
  }

  private Tensor block(Tensor x, String path, Tensor[] turn) {
    Tensor normed = norm(x, path + "input_layernorm");
    Tensor h = x.add(attention(normed, path + "self_attn.", turn)); // (B, T, D)
    Tensor in = norm(h, path + "post_attention_layernorm");
    Tensor gate = config.hiddenAct().apply(linear(in, path + "mlp.gate_proj"));
    Tensor up = linear(in, path + "mlp.up_proj");
    return h.add(linear(gate.mul(up), path + "mlp.down_proj")); // (B, T, D)
  }

  private Tensor attention(Tensor x, String path, Tensor[] turn) {
    long groups = config.numAttentionHeads() / config.numKeyValueHeads();
    Tensor q = turned(heads(linear(x, path + "q_proj")), turn); // (B, H, T, E)
    Tensor k = turned(heads(linear(x, path + "k_proj")), turn); // (B, K, T, E)
    Tensor v = heads(linear(x, path + "v_proj")); // (B, K, T, E)
    Tensor y =
        torch.scaled_dot_product_attention(
            q,
            repeated(k, groups),
            repeated(v, groups),
            new TensorOptional(),
            0,
            true,
            new DoubleOptional(),
            false); // (B, H, T, E)
    return linear(y.transpose(1, 2).reshape(x.size(0), x.size(1), -1), path + "o_proj");
  }

  private Tensor heads(Tensor x) {
    return x.view(x.size(0), x.size(1), -1, config.headDim()).transpose(1, 2);
  }

  private static Tensor repeated(Tensor x, long groups) {
    return groups == 1 ? x : x.repeat_interleave(groups, new LongOptional(1), new LongOptional());
  }

  /** Cosines and sines of positions 0 to T - 1, each (T, E): both halves alike. */
  private Tensor[] rotation(int length) {
    float[] frequencies = config.rope().frequencies(length);
    Tensor f = Tensors.floats(frequencies, device, 1, frequencies.length);
    Tensor positions = torch.arange(Tensors.scalar(length), f.options()).view(-1, 1);
    Tensor half = positions.mul(f);
    Tensor angles = torch.cat(new TensorVector(half, half), -1); // (T, E)
    double factor = config.rope().attentionFactor();
    return new Tensor[] {
      cast(angles.cos().mul(Tensors.scalar(factor))), cast(angles.sin().mul(Tensors.scalar(factor)))
    };
  }

  /** {@code x cos + rotate_half(x) sin}. */
  private static Tensor turned(Tensor x, Tensor[] turn) {
    long half = x.size(-1) / 2;
    Tensor first = x.narrow(-1, 0, half);
    Tensor second = x.narrow(-1, half, half);
    Tensor rotated = torch.cat(new TensorVector(second.neg(), first), -1);
    return x.mul(turn[0]).add(rotated.mul(turn[1]));
  }

  private Tensor norm(Tensor x, String path) {
    Tensor f = x.to(ScalarType.Float);
    Tensor variance =
        f.pow(Tensors.scalar(2)).mean(new long[] {-1}, true, new ScalarTypeOptional());
    Tensor y = f.mul(variance.add(Tensors.scalar(config.rmsNormEps())).rsqrt());
    return cast(weight(path + ".weight")).mul(cast(y));
  }

  private Tensor linear(Tensor x, String path) {
    Tensor bias = weights.get(path + ".bias");
    Tensor w = cast(weight(path + ".weight"));
    Tensor y =
        bias == null ? torch.linear(x, w) : torch.linear(x, w, new TensorOptional(cast(bias)));
    Tensor a = weights.get(path + ".lora_A.weight");
    if (a == null) {
      return y;
    }
    Tensor b = cast(weight(path + ".lora_B.weight"));
    Tensor update = torch.linear(torch.linear(x, cast(a)), b);
    return y.add(update.mul(Tensors.scalar(adapterScale)));
  }

  private Tensor cast(Tensor t) {
    return Tensors.cast(t, compute);
  }

  private Tensor weight(String name) {
    Tensor t = weights.get(name);
    if (t == null) {
      throw new IllegalStateException("the model has no " + name);
    }
    return t;
  }
}
