package dev.luthier.nn;

import java.util.Set;

/** The matrices of one block: held while it runs, in whatever form they rest between. */
public final class BlockWeights {
  private final String path;
  private final Set<Weight> weights;

  BlockWeights(String path, Set<Weight> weights) {
    this.path = path;
    this.weights = weights;
  }

  /** What the names of the block's parameters begin with, such as {@code model.layers.0}. */
  public String path() {
    return path;
  }

  /** Begins to bring them in, if that takes time, and returns at once. */
  public void prefetch() {
    weights.forEach(Weight::prefetch);
  }

  /** Brings them in; from now on every use of them is free. */
  public void hold() {
    weights.forEach(Weight::hold);
  }

  /** Lets them go. */
  public void drop() {
    weights.forEach(Weight::drop);
  }
}
