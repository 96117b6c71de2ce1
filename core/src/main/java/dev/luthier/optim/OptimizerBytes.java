package dev.luthier.optim;

/**
 * What an optimizer takes for one parameter or for several, known before any of it exists.
 *
 * @param resident bytes of state in memory
 * @param paged bytes of state in the file
 * @param working bytes in memory beside that while a parameter is updated
 */
public record OptimizerBytes(long resident, long paged, long working) {
  /** Of no parameter. */
  public static OptimizerBytes none() {
    return new OptimizerBytes(0, 0, 0);
  }

  /**
   * Of a parameter of this shape.
   *
   * @param paged whether its state is in the file
   */
  public static OptimizerBytes of(UpdateRule rule, boolean paged, long... shape) {
    StateLayout layout = StateLayout.of(rule, shape);
    long state = rule.stateBytes(shape);
    long working = rule.workingBytes(shape);
    return paged
        ? new OptimizerBytes(
            0, state, working + PageFile.BUFFERS * layout.sliceBytes(layout.slice()))
        : new OptimizerBytes(state, 0, working);
  }

  /** Bytes of state, wherever it is. */
  public long state() {
    return resident + paged;
  }

  /** Of both; parameters are updated one after the other. */
  public OptimizerBytes plus(OptimizerBytes other) {
    return new OptimizerBytes(
        resident + other.resident, paged + other.paged, Math.max(working, other.working));
  }
}
