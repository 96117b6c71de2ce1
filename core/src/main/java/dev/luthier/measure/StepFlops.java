package dev.luthier.measure;

import dev.luthier.model.LlamaConfig;
import java.util.OptionalInt;

/**
 * The arithmetic of one training step, counted from shapes: floating-point operations of matrix
 * products, 2 m n k for (m, k) x (k, n), and of attention's triangle. Embedding lookup, norms,
 * activations and the optimizer count nothing.
 *
 * <p>Example: a linear layer of D in and F out over M tokens costs 2 M D F forward, as much again
 * for the gradient of its input, and as much again for that of its weight where that is trained.
 *
 * @param linear the blocks' own linear layers: forward, gradients of inputs, and of weights if they
 *     are trained
 * @param adapter LoRA's products: down and up, and both gradients of each
 * @param attention {@code Q K^T} and {@code P V} over the T (T + 1) / 2 pairs that a causal mask
 *     leaves, and the four products of their gradients
 * @param head logits of the label tokens, the gradient of the hidden states, and of the head's
 *     weight if it is trained
 * @param recomputed the blocks' forward, once more, where it is recomputed on the way back: all of
 *     it but a block's last product, whose result nobody needs then
 */
public record StepFlops(
    double linear, double adapter, double attention, double head, double recomputed) {

  /**
   * What a step is made of.
   *
   * @param rows B
   * @param length T
   * @param labels tokens that have a label
   * @param rank R of the adapters on all linear layers of the blocks; empty when all weights are
   *     trained
   * @param recompute whether blocks are computed again on the way back
   */
  public record Step(int rows, int length, long labels, OptionalInt rank, boolean recompute) {
    long tokens() {
      return (long) rows * length;
    }
  }

  /** The count for a Llama. */
  public static StepFlops of(LlamaConfig config, Step step) {
    Block block = new Block(config, step);
    double layers = config.numHiddenLayers();
    boolean full = step.rank().isEmpty();
    // Below the first block nothing is trained unless all is: nobody needs its input's gradient.
    double unneeded = full ? 0 : block.queryKeyValue();
    double linear = layers * block.linear() * (full ? 3 : 2) - unneeded;
    double adapter = layers * block.adapter() * 3 - (full ? 0 : block.queryKeyValueDown());
    double attention = layers * block.attention() * 3;
    double head = 2.0 * step.labels() * config.hiddenSize() * config.vocabSize() * (full ? 3 : 2);
    double recomputed = step.recompute() ? layers * block.recomputed() : 0;
    return new StepFlops(linear, adapter, attention, head, recomputed);
  }

  /** What the step is for: all but the recomputation. */
  public double useful() {
    return linear + adapter + attention + head;
  }

  /** All that is computed. */
  public double total() {
    return useful() + recomputed;
  }

  /** The forward pass of one block. */
  private record Block(LlamaConfig config, Step step) {
    private double hidden() {
      return config.hiddenSize();
    }

    private double queryWidth() {
      return (double) config.numAttentionHeads() * config.headDim();
    }

    private double keyWidth() {
      return (double) config.numKeyValueHeads() * config.headDim();
    }

    private double product(double in, double out) {
      return 2.0 * step.tokens() * in * out;
    }

    private double rank() {
      return step.rank().orElse(0);
    }

    double queryKeyValue() {
      return product(hidden(), queryWidth() + 2 * keyWidth());
    }

    double down() {
      return product(config.intermediateSize(), hidden());
    }

    double linear() {
      double gateAndUp = product(hidden(), 2.0 * config.intermediateSize());
      return queryKeyValue() + product(queryWidth(), hidden()) + gateAndUp + down();
    }

    double queryKeyValueDown() {
      return 3 * product(hidden(), rank());
    }

    /** Every layer's down (in x R) and up (R x out) products. */
    double adapter() {
      double inputs = 5 * hidden() + queryWidth() + config.intermediateSize();
      double outputs =
          queryWidth() + 2 * keyWidth() + 2 * hidden() + 2.0 * config.intermediateSize();
      return product(inputs + outputs, rank());
    }

    double attention() {
      double pairs = step.length() * (step.length() + 1.0) / 2;
      return 2 * 2 * step.rows() * pairs * queryWidth();
    }

    double recomputed() {
      return linear() + adapter() + attention() - down() - product(rank(), hidden());
    }
  }
}
