package dev.luthier.model;

import dev.luthier.nn.Activation;
import dev.luthier.nn.Linear;
import dev.luthier.nn.Linears.Part;

/**
 * The sizes of families before Llama, whose configurations name them in several ways.
 *
 * @param vocabulary V
 * @param hidden D
 * @param intermediate width of the feed-forward layer
 * @param blocks L
 * @param heads H
 * @param keyHeads K
 * @param maxPositions the longest sequence that the model was made for
 * @param activation of the feed-forward layer
 */
record Sizes(
    int vocabulary,
    int hidden,
    int intermediate,
    int blocks,
    int heads,
    int keyHeads,
    int maxPositions,
    Activation activation) {
  static Sizes of(ConfigReader in) {
    int hidden = in.integerOf("hidden_size", "n_embd", "n_embed", "dim");
    int heads = in.integerOf("num_attention_heads", "n_head", "num_heads", "n_heads");
    in.supports(
        heads > 0 && hidden % heads == 0, "hidden_size", "it must be a multiple of " + heads);
    String width =
        in.firstOf("intermediate_size", "ffn_hidden_size", "ffn_dim", "hidden_dim", "n_inner");
    String positions = in.firstOf("max_position_embeddings", "n_positions", "seq_length");
    String act = in.firstOf("activation_function", "hidden_act", "activation");
    return new Sizes(
        in.integer("vocab_size"),
        hidden,
        in.integer(width, 4 * hidden),
        in.integerOf("num_hidden_layers", "n_layer", "num_layers", "n_layers"),
        heads,
        in.integer("num_key_value_heads", heads),
        in.integer(positions, 2048),
        Activation.named(in.text(act, "gelu")));
  }

  Sizes withPositions(int longest) {
    return new Sizes(
        vocabulary, hidden, intermediate, blocks, heads, keyHeads, longest, activation);
  }

  int headDim() {
    return hidden / heads;
  }

  Transformer.Shape shape() {
    return new Transformer.Shape(vocabulary, hidden, intermediate, blocks, heads, maxPositions);
  }

  /**
   * Attention with a layer each for queries, keys and values.
   *
   * @param names of the four layers, that of the way out last
   */
  SelfAttention attention(Assembly a, String path, String[] names, boolean bias, boolean outBias) {
    int keys = keyHeads * headDim();
    return SelfAttention.of(
        a.linears()
                .group(
                    hidden,
                    new Part(path + names[0], hidden, bias),
                    new Part(path + names[1], keys, bias),
                    new Part(path + names[2], keys, bias))
            ::forward,
        a.linears().create(path + names[3], hidden, hidden, outBias),
        heads,
        keyHeads,
        headDim());
  }

  /**
   * Attention with one layer that gives a query, a key and a value for each head in turn.
   *
   * @param path under which it is {@code query_key_value}, and the way out {@code dense}
   */
  SelfAttention fusedAttention(Assembly a, String path, boolean bias) {
    Linear qkv = a.linears().create(path + "query_key_value", hidden, 3 * hidden, bias);
    return SelfAttention.of(
        SelfAttention.Projection.perHead(qkv, heads),
        a.linears().create(path + "dense", hidden, hidden, bias),
        heads,
        heads,
        headDim());
  }

  /** A plain feed-forward layer. */
  FeedForward feedForward(Assembly a, String up, String down, boolean bias) {
    Linear wide = a.linears().create(up, hidden, intermediate, bias);
    Linear narrow = a.linears().create(down, intermediate, hidden, bias);
    return FeedForward.plain(wide, activation, narrow);
  }
}
