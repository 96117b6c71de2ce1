package dev.luthier.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.model.BlockShape.Layer;
import dev.luthier.model.BlockShape.Scores;
import dev.luthier.nn.Activation;
import dev.luthier.nn.Attention;
import dev.luthier.nn.AttentionPlan;
import dev.luthier.nn.BlockWeights;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.Heads;
import dev.luthier.nn.Init;
import dev.luthier.nn.Joined;
import dev.luthier.nn.KvCache;
import dev.luthier.nn.Linear;
import dev.luthier.nn.LinearGroup;
import dev.luthier.nn.Linears.Part;
import dev.luthier.nn.Norm;
import dev.luthier.nn.Parameters;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.nn.RelativeBias;
import dev.luthier.nn.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * T5 1.0, 1.1, Flan-T5 and mT5: an encoder and a decoder whose scores a learned bias tells of
 * distances. Raffel et al., arXiv 1910.10683; Chung et al., "Flan-T5", arXiv 2210.11416; Xue et
 * al., "mT5", arXiv 2010.11934, which is T5 1.1.
 *
 * <p>A row holds the encoder's tokens and behind them the decoder's, the same number of the former
 * in each row ({@link Places#source}). All blocks read and give whole rows: the encoder's leave the
 * decoder's tokens as they are, and the decoder's leave the encoder's.
 */
final class T5 implements Family {
  private static final String MULTILINGUAL = "mt5";

  /** Views of a pass: of the encoder's tokens, of the decoder's, and of the one by the other. */
  private static final int ENCODER = 0;

  private static final int DECODER = 1;
  private static final int CROSS = 2;

  @Override
  public Set<String> modelTypes() {
    return Set.of("t5", MULTILINGUAL);
  }

  @Override
  public String models() {
    return "T5 1.0 and 1.1, Flan-T5, mT5";
  }

  @Override
  public Transformer.Kind kind() {
    return Transformer.Kind.ENCODER_DECODER;
  }

  @Override
  public int decoderStart(ObjectNode config) {
    return start(config.path("decoder_start_token_id"), config.path("pad_token_id"));
  }

  private static int start(JsonNode start, JsonNode pad) {
    return start.asInt(pad.asInt(0));
  }

  @Override
  public Names names() {
    return new Names(
        "shared.weight",
        "lm_head.weight",
        "",
        List.of(),
        List.of(
            "encoder.embed_tokens.weight",
            "decoder.embed_tokens.weight",
            // old files hold a bias that the original never used
            "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"));
  }

  /** As the authors' code has it (Mesh TensorFlow, T5X): scores are not scaled, so queries are. */
  @Override
  public double deviation(ObjectNode config, String name) {
    double hidden = config.path("d_model").asDouble();
    double headDim = config.path("d_kv").asDouble(64);
    String[] path = name.split("\\.");
    double variance =
        switch (path[path.length - 2]) {
          case "shared" -> 1;
          case "q" -> 1 / (hidden * headDim);
          case "o" -> 1 / (config.path("num_heads").asDouble() * headDim);
          case "wo" -> 1 / config.path("d_ff").asDouble();
          default -> 1 / hidden;
        };
    return config.path("initializer_factor").asDouble(1) * Math.sqrt(variance);
  }

  /** What config.json says. */
  private record Config(
      int vocabulary,
      int hidden,
      int headDim,
      int width,
      int layers,
      int decoderLayers,
      int heads,
      int buckets,
      int farthest,
      int positions,
      double eps,
      boolean gated,
      Activation activation,
      boolean scaled,
      boolean tied) {
    static Config of(ConfigReader in) {
      int layers = in.integer("num_layers", 6);
      boolean first = !in.text("model_type", "").equals(MULTILINGUAL);
      boolean tied = in.flag("tie_word_embeddings", first);
      boolean scaled = in.flag("scale_decoder_outputs", tied && first);
      String projection = in.text("feed_forward_proj", first ? "relu" : "gated-gelu");
      boolean gated = projection.startsWith("gated-");
      String act = gated ? projection.substring("gated-".length()) : projection;
      Config c =
          new Config(
              in.integer("vocab_size"),
              in.integer("d_model"),
              in.integer("d_kv", 64),
              in.integer("d_ff"),
              layers,
              in.integer("num_decoder_layers", layers),
              in.integer("num_heads"),
              in.integer("relative_attention_num_buckets", 32),
              in.integer("relative_attention_max_distance", 128),
              in.integer("n_positions", 512),
              in.number("layer_norm_epsilon", 1e-6),
              gated,
              // "gated-gelu" means the approximation
              Activation.named(gated && act.equals("gelu") ? "gelu_new" : act),
              scaled,
              // transformers 5 writes that all are tied, also 1.1's, whose head is its own
              tied && scaled);
      in.finish();
      return c;
    }

    Norm norm(Assembly a, String path) {
      return a.rmsNorm(path, hidden, eps);
    }
  }

  @Override
  public Transformer build(Assembly a) {
    Config c = Config.of(a.config());
    a.requireLanguage("T5");
    Embedding embedding = a.embedding("shared.weight", c.vocabulary, c.hidden);
    List<Block> blocks = new ArrayList<>();
    RelativeBias bias = null;
    for (int i = 0; i < c.layers; i++) {
      String path = "encoder.block." + i;
      Half half = half(a, c, path, ENCODER, bias);
      bias = half.bias;
      FeedForward mlp = feedForward(a, c, path + ".layer.1.");
      Norm norm = c.norm(a, path + ".layer.1.layer_norm");
      blocks.add(new EncoderBlock(half, norm, mlp, a.linears().under(path)));
    }
    String end = "encoder.final_layer_norm";
    blocks.add(new EncoderEnd(c.norm(a, end), c.hidden, a.linears().under(end)));
    bias = null;
    for (int i = 0; i < c.decoderLayers; i++) {
      String path = "decoder.block." + i;
      Half half = half(a, c, path, DECODER, bias);
      bias = half.bias;
      blocks.add(decoderBlock(a, c, path, half));
    }
    Norm norm = c.norm(a, "decoder.final_layer_norm");
    double scale = c.scaled ? 1 / Math.sqrt(c.hidden) : 1;
    return a.encoderDecoder(
        new Transformer.Shape(c.vocabulary, c.hidden, c.width, blocks.size(), c.heads, c.positions),
        Embedder.of(embedding),
        blocks,
        (x, pass) -> norm.forward(x).times(scale),
        a.head("lm_head", embedding, c.tied),
        start(a.config().at("decoder_start_token_id"), a.config().at("pad_token_id")),
        places -> views(a.base(), places));
  }

  private static List<Pass.View> views(Parameters p, Places places) {
    Places encoder = places.encoder();
    Places decoder = places.decoder();
    AttentionPlan cross =
        AttentionPlan.full(
            decoder.queryDocuments(),
            places.sourceDocuments(),
            places.rows(),
            p.compute(),
            p.device());
    AttentionPlan within =
        AttentionPlan.full(
            encoder.documents(), encoder.documents(), places.rows(), p.compute(), p.device());
    AttentionPlan causal = AttentionPlan.causal(decoder, 0, p.compute(), p.device());
    return List.of(
        new Pass.View(within, null, null),
        new Pass.View(causal, null, null),
        new Pass.View(cross, null, null));
  }

  private static Half half(
      Assembly a, Config c, String path, int view, @Nullable RelativeBias first) {
    String attention = path + ".layer.0.SelfAttention.";
    Norm norm = c.norm(a, path + ".layer.0.layer_norm");
    int inner = c.heads * c.headDim;
    LinearGroup qkv =
        a.linears()
            .group(
                c.hidden,
                new Part(attention + "q", inner, false),
                new Part(attention + "k", inner, false),
                new Part(attention + "v", inner, false));
    Linear out = a.linears().create(attention + "o", inner, c.hidden, false);
    RelativeBias bias =
        first != null
            ? first
            : new RelativeBias(
                a.base()
                    .get(
                        attention + "relative_attention_bias.weight",
                        Init.NORMAL,
                        c.buckets,
                        c.heads),
                c.farthest,
                view == ENCODER,
                a.base().compute(),
                a.base().device());
    return new Half(norm, qkv, out, c.heads, view, bias);
  }

  private static FeedForward feedForward(Assembly a, Config c, String path) {
    String dense = path + "DenseReluDense.";
    if (c.gated) {
      String[] names = {dense + "wi_0", dense + "wi_1", dense + "wo"};
      return FeedForward.gated(a.linears(), names, c.hidden, c.width, c.activation, false);
    }
    Linear up = a.linears().create(dense + "wi", c.hidden, c.width, false);
    Linear down = a.linears().create(dense + "wo", c.width, c.hidden, false);
    return FeedForward.plain(up, c.activation, down);
  }

  private static Block decoderBlock(Assembly a, Config c, String path, Half half) {
    String attention = path + ".layer.1.EncDecAttention.";
    Norm norm = c.norm(a, path + ".layer.1.layer_norm");
    int inner = c.heads * c.headDim;
    Cross cross =
        new Cross(
            norm,
            a.linears().create(attention + "q", c.hidden, inner, false),
            a.linears()
                .group(
                    c.hidden,
                    new Part(attention + "k", inner, false),
                    new Part(attention + "v", inner, false)),
            a.linears().create(attention + "o", inner, c.hidden, false),
            c.heads);
    FeedForward mlp = feedForward(a, c, path + ".layer.2.");
    Norm last = c.norm(a, path + ".layer.2.layer_norm");
    return new DecoderBlock(half, cross, last, mlp, a.linears().under(path));
  }

  /** The first layer of a block: attention among the encoder's tokens or the decoder's. */
  private record Half(
      Norm norm, LinearGroup qkv, Linear out, int heads, int view, RelativeBias bias) {
    Layer layer() {
      return Layer.attention(out, out.in(), new Scores(heads, false, true, view));
    }

    Value forward(Value x, Pass pass) {
      List<Value> parts = qkv.forward(norm.forward(x), pass);
      Value q = Heads.split(parts.get(0), heads); // (B, H, T, E)
      Value k = Heads.split(parts.get(1), heads);
      Value v = Heads.split(parts.get(2), heads);
      KvCache cache = view == DECODER ? pass.cache() : null;
      if (cache != null) {
        Tensor[] all = cache.append(k.tensor(), v.tensor());
        k = Value.of(all[0]); // (B, H, S, E)
        v = Value.of(all[1]);
      }
      int queries = Math.toIntExact(q.tensor().size(2));
      int keys = Math.toIntExact(k.tensor().size(2));
      Value distances = bias.forward(queries, keys, x.tape());
      Attention.Scores scores = new Attention.Scores(1, 0, distances);
      Value y = Attention.attend(q, k, v, pass.views().get(view).attention(), scores);
      return x.plus(out.forward(y, pass)); // (B, T, D)
    }
  }

  /** The decoder's tokens look at the encoder's. */
  private record Cross(Norm norm, Linear query, LinearGroup keyValue, Linear out, int heads) {
    Layer layer() {
      return Layer.attention(out, out.in(), new Scores(heads, false, false, CROSS));
    }

    Value forward(Value x, Value source, Pass pass) {
      Value q = Heads.split(query.forward(norm.forward(x), pass), heads);
      KvCache cache = pass.cache();
      Value k;
      Value v;
      if (cache != null && cache.hasSource()) {
        k = Value.of(cache.sourceKeys());
        v = Value.of(cache.sourceValues());
      } else {
        List<Value> parts = keyValue.forward(source, pass);
        k = Heads.split(parts.get(0), heads);
        v = Heads.split(parts.get(1), heads);
        if (cache != null) {
          cache.source(k.tensor(), v.tensor());
        }
      }
      Attention.Scores scores = new Attention.Scores(1);
      Value y = Attention.attend(q, k, v, pass.views().get(CROSS).attention(), scores);
      return x.plus(out.forward(y, pass));
    }
  }

  /** How many of x's tokens are the encoder's: all of them or, when decoding goes on, none. */
  private static int encoded(Pass pass) {
    return pass.places().encoder().queries();
  }

  private static Value first(Value x, int count) {
    return x.view(t -> t.narrow(1, 0, count));
  }

  private static Value rest(Value x, int from) {
    return x.view(t -> t.narrow(1, from, t.size(1) - from));
  }

  private record EncoderBlock(
      Half attention, Norm norm, FeedForward feedForward, BlockWeights weights) implements Block {
    @Override
    public BlockShape shape() {
      int d = attention.out.out();
      return BlockShape.of(
              d,
              Layer.norm(attention.norm, d),
              attention.layer(),
              Layer.sums(2L * d),
              Layer.norm(norm, d),
              feedForward.layer())
          .withLast(d); // the encoder's part before it is joined
    }

    @Override
    public Value forward(Value x, Pass pass) {
      int count = encoded(pass);
      if (count == 0) {
        return x;
      }
      Value h = attention.forward(first(x, count), pass);
      Value y = h.plus(feedForward.forward(norm.forward(h), pass));
      return Joined.of(y, rest(x, count));
    }
  }

  /** The encoder's last norm. */
  private record EncoderEnd(Norm norm, int hidden, BlockWeights weights) implements Block {
    @Override
    public BlockShape shape() {
      return BlockShape.of(hidden, Layer.norm(norm, hidden)).withLast(hidden);
    }

    @Override
    public Value forward(Value x, Pass pass) {
      int count = encoded(pass);
      return count == 0 ? x : Joined.of(norm.forward(first(x, count)), rest(x, count));
    }
  }

  private record DecoderBlock(
      Half attention, Cross cross, Norm norm, FeedForward feedForward, BlockWeights weights)
      implements Block {
    @Override
    public BlockShape shape() {
      int d = attention.out.out();
      return BlockShape.of(
              d,
              Layer.norm(attention.norm, d),
              attention.layer(),
              Layer.sums(2L * d),
              Layer.norm(cross.norm, d),
              cross.layer(),
              Layer.sums(2L * d),
              Layer.norm(norm, d),
              feedForward.layer())
          .withLast(d); // the decoder's part before it is joined
    }

    @Override
    public Value forward(Value x, Pass pass) {
      int count = encoded(pass);
      Value source = first(x, count);
      Value h = attention.forward(rest(x, count), pass);
      h = cross.forward(h, source, pass);
      Value y = h.plus(feedForward.forward(norm.forward(h), pass));
      return count == 0 ? y : Joined.of(source, y);
    }
  }
}
