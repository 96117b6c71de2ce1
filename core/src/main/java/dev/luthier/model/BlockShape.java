package dev.luthier.model;

import dev.luthier.nn.Linear;
import dev.luthier.nn.Norm;
import java.util.List;
import java.util.Optional;

/**
 * What a block holds while it runs, told by its parts and known before there are any weights. All
 * is counted in columns: numbers of the compute dtype for each token.
 *
 * @param hidden D, the columns of its input and of its result
 * @param layers in the order in which they run
 * @param last what is computed for the result alone, which a block that is computed again leaves
 *     out
 */
public record BlockShape(int hidden, List<Layer> layers, long last) {
  /** A block whose last layer computes nothing for the result alone but its own output. */
  static BlockShape of(int hidden, Layer... layers) {
    return new BlockShape(hidden, List.of(layers), layers[layers.length - 1].last());
  }

  /** The same block, of which so much more is computed for the result alone. */
  BlockShape withLast(long more) {
    return new BlockShape(hidden, layers, last + more);
  }

  /**
   * What one layer holds.
   *
   * @param kept what it records, but for its last product
   * @param back gradients and what is made and dropped, while it goes backward
   * @param floats float32 columns beside these
   * @param beside columns there are while the gradient of a matrix is made; 0 where others are more
   * @param inputs columns of the inputs of all its linear layers
   * @param widest columns of the widest of these
   * @param last columns of its last product
   * @param scores of an attention layer
   */
  public record Layer(
      long kept,
      long back,
      long floats,
      long beside,
      long inputs,
      long widest,
      long last,
      Optional<Scores> scores) {
    /**
     * Projections of the same input, their heads and what attention gives.
     *
     * @param out the way back to D columns
     * @param key columns of all key heads
     */
    static Layer attention(Linear out, long key, Scores scores) {
      long d = out.out();
      long query = out.in();
      long all = query + 2 * key;
      return new Layer(
          2 * all + query, 2 * d + query + all, 0, 0, 3 * d + query, query, d, Optional.of(scores));
    }

    /** Outputs and sums on the way. */
    static Layer sums(long columns) {
      return new Layer(columns, 0, 0, 0, 0, 0, 0, Optional.empty());
    }

    /** A norm over D columns. */
    static Layer norm(Norm norm, int hidden) {
      return new Layer(
          hidden, 3L * hidden, (long) norm.copies() * hidden, 0, 0, 0, 0, Optional.empty());
    }

    /** The layer with so many columns more. */
    Layer more(long kept, long back, long floats) {
      return new Layer(
          this.kept + kept,
          this.back + back,
          this.floats + floats,
          beside,
          inputs,
          widest,
          last,
          scores);
    }

    /** The layer while so much more waits for the way back to go on below. */
    Layer carrying(long columns) {
      return new Layer(
          kept,
          back + columns,
          floats,
          beside == 0 ? 0 : beside + columns,
          inputs,
          widest,
          last,
          scores);
    }
  }

  /**
   * Which scores an attention layer computes.
   *
   * @param heads H
   * @param capped whether they are capped
   * @param biased whether the block makes a bias of all pairs of tokens
   * @param view which of the pass' views it sees by
   */
  public record Scores(int heads, boolean capped, boolean biased, int view) {}
}
