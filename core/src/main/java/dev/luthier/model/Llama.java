package dev.luthier.model;

import dev.luthier.nn.Activation;
import dev.luthier.nn.Attention;
import dev.luthier.nn.AttentionPlan;
import dev.luthier.nn.Init;
import dev.luthier.nn.KvCache;
import dev.luthier.nn.Linear;
import dev.luthier.nn.Linears;
import dev.luthier.nn.LoraLayers;
import dev.luthier.nn.Parameters;
import dev.luthier.nn.Pass;
import dev.luthier.nn.RmsNorm;
import dev.luthier.nn.Rotary;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Llama 1, 2 and 3.x, TinyLlama, SmolLM: pre-norm blocks of rotary grouped-query attention and a
 * gated feed-forward layer. Touvron et al., arXiv 2302.13971 and 2307.09288; Grattafiori et al.,
 * arXiv 2407.21783.
 */
public final class Llama implements Decoder {
  private final LlamaConfig config;
  private final Linears linears;
  private final Rotary rotary;
  private final Tensor embedding; // (V, D)
  private final List<LlamaBlock> blocks = new ArrayList<>();
  private final RmsNorm norm;
  private final Linear head;

  /**
   * Asks {@code linears} for every parameter; its owner calls {@link Parameters#finish()}
   * afterwards.
   */
  public Llama(LlamaConfig config, Linears linears) {
    this.config = config;
    this.linears = linears;
    this.rotary = new Rotary(config.rope());
    int d = config.hiddenSize();
    Parameters p = linears.base();
    this.embedding = p.get("model.embed_tokens.weight", Init.NORMAL, config.vocabSize(), d);
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      blocks.add(new LlamaBlock(config, linears, "model.layers." + i));
    }
    this.norm = new RmsNorm(p.get("model.norm.weight", Init.ONES, d), config.rmsNormEps());
    this.head =
        linears.head("lm_head", embedding, d, config.vocabSize(), config.tieWordEmbeddings());
  }

  @Override
  public Tensor embed(Tensor tokens) {
    return Tensors.cast(torch.embedding(embedding, tokens), parameters().compute()); // (B, T, D)
  }

  @Override
  public List<LlamaBlock> blocks() {
    return blocks;
  }

  @Override
  public Tensor norm(Tensor x) {
    return norm.forward(x);
  }

  @Override
  public Linear head() {
    return head;
  }

  @Override
  public Pass pass(long[] positions, long[] documents, int rows, int length) {
    return continued(positions, documents, rows, length, length);
  }

  @Override
  public Pass continued(long[] positions, long[] documents, int rows, int keys, int queries) {
    Parameters p = parameters();
    return new Pass(
        rotary.tables(positions, rows, queries, p.compute(), p.device()),
        AttentionPlan.of(documents, rows, keys, queries, p.compute(), p.device()),
        null,
        null);
  }

  @Override
  public Parameters parameters() {
    return linears.base();
  }

  @Override
  public Optional<Parameters> adapter() {
    return linears.lora().map(LoraLayers::parameters);
  }

  @Override
  public Map<String, Linear> adapted() {
    return linears.adapted();
  }

  @Override
  public Shape shape() {
    return new Shape(
        config.vocabSize(),
        config.hiddenSize(),
        config.intermediateSize(),
        config.numHiddenLayers(),
        config.numAttentionHeads(),
        config.maxPositionEmbeddings());
  }

  /** One layer. */
  static final class LlamaBlock implements Block {
    private final int heads;
    private final int keyHeads;
    private final int headDim;
    private final RmsNorm inputNorm;
    private final Linear q;
    private final Linear k;
    private final Linear v;
    private final Linear o;
    private final RmsNorm postNorm;
    private final Linear gate;
    private final Linear up;
    private final Linear down;
    private final Activation act;

    LlamaBlock(LlamaConfig c, Linears linears, String path) {
      int d = c.hiddenSize();
      int f = c.intermediateSize();
      heads = c.numAttentionHeads();
      keyHeads = c.numKeyValueHeads();
      headDim = c.headDim();
      inputNorm = norm(c, linears, path + ".input_layernorm.weight");
      String attention = path + ".self_attn.";
      boolean bias = c.attentionBias();
      q = linears.create(attention + "q_proj", d, heads * headDim, bias);
      k = linears.create(attention + "k_proj", d, keyHeads * headDim, bias);
      v = linears.create(attention + "v_proj", d, keyHeads * headDim, bias);
      o = linears.create(attention + "o_proj", heads * headDim, d, bias);
      postNorm = norm(c, linears, path + ".post_attention_layernorm.weight");
      gate = linears.create(path + ".mlp.gate_proj", d, f, c.mlpBias());
      up = linears.create(path + ".mlp.up_proj", d, f, c.mlpBias());
      down = linears.create(path + ".mlp.down_proj", f, d, c.mlpBias());
      act = c.hiddenAct();
    }

    private static RmsNorm norm(LlamaConfig c, Linears linears, String name) {
      return new RmsNorm(linears.base().get(name, Init.ONES, c.hiddenSize()), c.rmsNormEps());
    }

    @Override
    public Tensor forward(Tensor x, Pass pass) {
      Tensor h = x.add(attention(inputNorm.forward(x), pass)); // (B, T, D)
      return h.add(feedForward(postNorm.forward(h), pass)); // (B, T, D)
    }

    private Tensor attention(Tensor x, Pass pass) {
      Tensor queries =
          Rotary.apply(split(q.forward(x, pass), heads), pass.rotary()); // (B, H, T, E)
      Tensor keys =
          Rotary.apply(split(k.forward(x, pass), keyHeads), pass.rotary()); // (B, K, T, E)
      Tensor values = split(v.forward(x, pass), keyHeads); // (B, K, T, E)
      KvCache cache = pass.cache();
      if (cache != null) {
        Tensor[] all = cache.append(keys, values);
        keys = all[0]; // (B, K, S, E)
        values = all[1]; // (B, K, S, E)
      }
      double scale = 1 / Math.sqrt(headDim);
      Tensor y = Attention.attend(queries, keys, values, pass.attention(), scale); // (B, T, H * E)
      return o.forward(y, pass); // (B, T, D)
    }

    private Tensor split(Tensor x, int count) {
      return x.view(x.size(0), x.size(1), count, headDim).transpose(1, 2); // (B, count, T, E)
    }

    private Tensor feedForward(Tensor x, Pass pass) {
      Tensor gated = act.apply(gate.forward(x, pass)).mul(up.forward(x, pass)); // (B, T, F)
      return down.forward(gated, pass); // (B, T, D)
    }
  }
}
