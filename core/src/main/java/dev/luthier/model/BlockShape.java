package dev.luthier.model;

import java.util.List;

/**
 * The matrices of one block of a decoder, known from its configuration before any of them exists.
 *
 * @param hidden D
 * @param queryWidth heads x width of a head
 * @param keyWidth key heads x width of a head
 * @param intermediate F
 * @param heads H
 */
public record BlockShape(int hidden, int queryWidth, int keyWidth, int intermediate, int heads) {
  /**
   * A linear layer's matrix (out, in).
   *
   * @param path of its module within the block
   */
  public record Matrix(String path, int in, int out) {
    /** Numbers in it. */
    public long elements() {
      return (long) in * out;
    }
  }

  /** Of a Llama. */
  public static BlockShape of(LlamaConfig c) {
    return new BlockShape(
        c.hiddenSize(),
        c.numAttentionHeads() * c.headDim(),
        c.numKeyValueHeads() * c.headDim(),
        c.intermediateSize(),
        c.numAttentionHeads());
  }

  /** All linear layers. */
  public List<Matrix> matrices() {
    return List.of(
        new Matrix("self_attn.q_proj", hidden, queryWidth),
        new Matrix("self_attn.k_proj", hidden, keyWidth),
        new Matrix("self_attn.v_proj", hidden, keyWidth),
        new Matrix("self_attn.o_proj", queryWidth, hidden),
        new Matrix("mlp.gate_proj", hidden, intermediate),
        new Matrix("mlp.up_proj", hidden, intermediate),
        new Matrix("mlp.down_proj", intermediate, hidden));
  }
}
