package dev.luthier.model;

import dev.luthier.nn.Activation;
import dev.luthier.nn.Attention;
import dev.luthier.nn.AttentionPlan;
import dev.luthier.nn.BlockWeights;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.Heads;
import dev.luthier.nn.Init;
import dev.luthier.nn.KvCache;
import dev.luthier.nn.Linear;
import dev.luthier.nn.LinearGroup;
import dev.luthier.nn.Linears;
import dev.luthier.nn.Linears.Part;
import dev.luthier.nn.LoraLayers;
import dev.luthier.nn.Parameters;
import dev.luthier.nn.Pass;
import dev.luthier.nn.RmsNorm;
import dev.luthier.nn.Rotary;
import dev.luthier.nn.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Llama 1, 2 and 3.x, TinyLlama, SmolLM: pre-norm blocks of rotary grouped-query attention and a
 * gated feed-forward layer. Touvron et al., arXiv 2302.13971 and 2307.09288; Grattafiori et al.,
 * arXiv 2407.21783.
 */
public final class Llama implements Transformer {
  private final LlamaConfig config;
  private final Linears linears;
  private final Rotary rotary;
  private final Embedding embedding;
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
    Tensor table = p.get("model.embed_tokens.weight", Init.NORMAL, config.vocabSize(), d);
    this.embedding = new Embedding(table, p.compute());
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      blocks.add(new LlamaBlock(config, linears, "model.layers." + i));
    }
    this.norm = new RmsNorm(p.get("model.norm.weight", Init.ONES, d), config.rmsNormEps());
    this.head = linears.head("lm_head", table, d, config.vocabSize(), config.tieWordEmbeddings());
  }

  @Override
  public Tensor embed(Tensor tokens) {
    return embedding.forward(tokens);
  }

  @Override
  public void embedBackward(Tensor tokens, Tensor gradient) {
    embedding.backward(tokens, gradient);
  }

  @Override
  public List<LlamaBlock> blocks() {
    return blocks;
  }

  @Override
  public Value norm(Value x) {
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
  public Map<String, Linear> linears() {
    return linears.all();
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
    private final LinearGroup qkv;
    private final Linear o;
    private final RmsNorm postNorm;
    private final LinearGroup gateUp;
    private final Linear down;
    private final Activation act;
    private final BlockWeights weights;

    LlamaBlock(LlamaConfig c, Linears linears, String path) {
      int d = c.hiddenSize();
      int f = c.intermediateSize();
      heads = c.numAttentionHeads();
      keyHeads = c.numKeyValueHeads();
      headDim = c.headDim();
      inputNorm = norm(c, linears, path + ".input_layernorm.weight");
      String attention = path + ".self_attn.";
      boolean bias = c.attentionBias();
      qkv =
          linears.group(
              d,
              new Part(attention + "q_proj", heads * headDim, bias),
              new Part(attention + "k_proj", keyHeads * headDim, bias),
              new Part(attention + "v_proj", keyHeads * headDim, bias));
      o = linears.create(attention + "o_proj", heads * headDim, d, bias);
      postNorm = norm(c, linears, path + ".post_attention_layernorm.weight");
      gateUp =
          linears.group(
              d,
              new Part(path + ".mlp.gate_proj", f, c.mlpBias()),
              new Part(path + ".mlp.up_proj", f, c.mlpBias()));
      down = linears.create(path + ".mlp.down_proj", f, d, c.mlpBias());
      act = c.hiddenAct();
      weights = linears.under(path);
    }

    private static RmsNorm norm(LlamaConfig c, Linears linears, String name) {
      return new RmsNorm(linears.base().get(name, Init.ONES, c.hiddenSize()), c.rmsNormEps());
    }

    @Override
    public Value forward(Value x, Pass pass) {
      Value h = x.plus(attention(inputNorm.forward(x), pass)); // (B, T, D)
      return h.plus(feedForward(postNorm.forward(h), pass)); // (B, T, D)
    }

    @Override
    public BlockWeights weights() {
      return weights;
    }

    private Value attention(Value x, Pass pass) {
      List<Value> heads = qkv.forward(x, pass);
      Value q = Rotary.apply(heads.get(0), this.heads, pass.rotary()); // (B, H, T, E)
      Value k = Rotary.apply(heads.get(1), keyHeads, pass.rotary()); // (B, K, T, E)
      Value v = Heads.split(heads.get(2), keyHeads); // (B, K, T, E)
      KvCache cache = pass.cache();
      if (cache != null) {
        Tensor[] all = cache.append(k.tensor(), v.tensor());
        k = Value.of(all[0]); // (B, K, S, E)
        v = Value.of(all[1]); // (B, K, S, E)
      }
      Value y = Attention.attend(q, k, v, pass.attention(), 1 / Math.sqrt(headDim));
      return o.forward(y, pass); // (B, T, D)
    }

    private Value feedForward(Value x, Pass pass) {
      List<Value> wide = gateUp.forward(x, pass); // (B, T, F) each
      return down.forward(act.gated(wide.get(0), wide.get(1)), pass); // (B, T, D)
    }
  }
}
