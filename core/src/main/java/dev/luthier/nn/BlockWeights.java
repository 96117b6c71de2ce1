package dev.luthier.nn;

import java.util.Set;

/** The matrices of one block: held while it runs, in whatever form they rest between. */
public final class BlockWeights {
  private final Set<Weight> weights;

  BlockWeights(Set<Weight> weights) {
    this.weights = weights;
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
